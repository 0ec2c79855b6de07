import { readFile, statfs } from 'node:fs/promises'
import type { EndpointItem } from '@vigie/domain/agents'

export type Disk = NonNullable<NonNullable<EndpointItem['health']>['disks']>[number]

/** Where the facts come from; tests bring their own. */
export interface DiskSources {
  mounts(): Promise<string>
  statfs(path: string): Promise<{ bsize: number; blocks: number; bavail: number }>
}
const thisMachine: DiskSources = { mounts: () => readFile('/proc/self/mounts', 'utf8'), statfs: (path) => statfs(path) }

/** File systems that keep things on a disk of this machine. Not: memory, views of the kernel, images (which are always full), and others' machines, where asking may hang. */
const kept = new Set([
  'ext2',
  'ext3',
  'ext4',
  'xfs',
  'btrfs',
  'zfs',
  'f2fs',
  'jfs',
  'reiserfs',
  'bcachefs',
  'vfat',
  'exfat',
  'ntfs3',
  'overlay',
])
const most = 50

/** Free and whole size of each writable file system; one that is mounted several times once. Empty where the machine does not say (not Linux). */
export async function readDisks(sources: DiskSources = thisMachine): Promise<Disk[]> {
  const text = await sources.mounts().catch(() => '')
  const found = new Map<string, Disk>()
  for (const line of text.split('\n')) {
    const [device = '', mount = '', type = '', options = ''] = line.split(' ').map(unescaped)
    if (!kept.has(type) || !options.split(',').includes('rw') || (type === 'overlay' && mount !== '/') || found.size >= most) continue
    const id = type === 'overlay' ? mount : device
    if (found.has(id)) continue
    const room = await sources.statfs(mount).catch(() => null)
    if (room !== null && room.blocks > 0)
      found.set(id, { mount: mount.slice(0, 4_096), sizeBytes: room.blocks * room.bsize, freeBytes: room.bavail * room.bsize })
  }
  return [...found.values()]
}

/** proc(5): space, tab, newline and backslash stand as octal numbers. */
const unescaped = (field: string): string =>
  field.replaceAll(/\\([0-7]{3})/g, (_, octal: string) => String.fromCodePoint(Number.parseInt(octal, 8)))
