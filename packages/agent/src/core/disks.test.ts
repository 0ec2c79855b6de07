import { describe, expect, it } from 'vitest'
import { readDisks } from './disks.ts'

const mounts = [
  'sysfs /sys sysfs rw,nosuid 0 0',
  'tmpfs /run tmpfs rw 0 0',
  '/dev/sda1 / ext4 rw,relatime 0 0',
  '/dev/sda1 /var/lib/bind ext4 rw 0 0',
  '/dev/sdb1 /srv/my\\040data xfs rw 0 0',
  '/dev/loop0 /snap/core squashfs ro 0 0',
  '/dev/sr0 /media ext4 ro 0 0',
  'nas:/share /mnt/nas nfs4 rw 0 0',
  'overlay /var/lib/docker/overlay2/x overlay rw 0 0',
  '/dev/gone /gone ext4 rw 0 0',
].join('\n')
const room: Record<string, { bsize: number; blocks: number; bavail: number }> = {
  '/': { bsize: 4_096, blocks: 1_000, bavail: 5 },
  '/srv/my data': { bsize: 512, blocks: 2_000, bavail: 1_000 },
}
const statfs = async (path: string) => {
  if (!room[path]) throw new Error('stale')
  return room[path]
}

describe('file systems of the machine (EVT-3, disk space)', () => {
  it('those on its own disks that can be written to, each once; one that does not answer is left out', async () => {
    expect(await readDisks({ mounts: async () => mounts, statfs })).toEqual([
      { mount: '/', sizeBytes: 4_096_000, freeBytes: 20_480 },
      { mount: '/srv/my data', sizeBytes: 1_024_000, freeBytes: 512_000 },
    ])
  })
  it('a machine without /proc says nothing', async () => {
    expect(await readDisks({ mounts: () => Promise.reject(new Error('ENOENT')), statfs })).toEqual([])
  })
  it('this machine', async () => {
    for (const { sizeBytes, freeBytes } of await readDisks()) expect(freeBytes).toBeLessThanOrEqual(sizeBytes)
  })
})
