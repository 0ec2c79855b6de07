import { lstat, opendir, readFile, realpath } from 'node:fs/promises'

/** File systems that hold no files of their own, or another machine's. */
const skippedTypes = new Set([
  'proc',
  'sysfs',
  'devtmpfs',
  'devpts',
  'cgroup',
  'cgroup2',
  'securityfs',
  'pstore',
  'bpf',
  'tracefs',
  'debugfs',
  'configfs',
  'mqueue',
  'hugetlbfs',
  'fusectl',
  'binfmt_misc',
  'autofs',
  'efivarfs',
  'rpc_pipefs',
  'nsfs',
  'selinuxfs',
  'nfs',
  'nfs4',
  'cifs',
  'smb3',
  'ceph',
  'glusterfs',
  'fuse.sshfs',
  'fuse.gvfsd-fuse',
  'fuse.portal',
])

/** Mount points not to go into, from /proc/self/mountinfo (proc(5)): its names carry octal escapes. */
export function skippedMounts(mountinfo: string): Set<string> {
  const skipped = new Set<string>()
  for (const line of mountinfo.split('\n')) {
    const [left, right] = line.split(' - ')
    const point = left?.split(' ')[4]
    const type = right?.split(' ')[0]
    if (point && type && skippedTypes.has(type))
      skipped.add(point.replaceAll(/\\([0-7]{3})/g, (_, octal: string) => String.fromCharCode(Number.parseInt(octal, 8))))
  }
  return skipped
}

export interface WalkOptions {
  paths: readonly string[]
  /** Folders, with all below, that are left out. */
  exclude: readonly string[]
  signal: AbortSignal
  /** A folder that can't be read. */
  onUnreadable: () => void
}

/** Every regular file below the paths, as bytes, links not followed, no path twice. `roots` tells how many of the paths exist. */
export async function* walk(options: WalkOptions): AsyncGenerator<{ path: Buffer; sizeBytes: number }> {
  const skipped = skippedMounts(await readFile('/proc/self/mountinfo', 'latin1').catch(() => ''))
  for (const path of options.exclude)
    skipped.add(
      Buffer.from(path)
        .toString('latin1')
        .replace(/(.)\/+$/, '$1'),
    )
  const roots = await existing(options.paths)
  const stack: Buffer[] = []
  for (const root of roots.filter((one) => !roots.some((other) => other !== one && isBelow(one, other)))) {
    const found = await lstat(root).catch(() => null)
    if (found?.isFile()) yield { path: root, sizeBytes: found.size }
    else if (found?.isDirectory()) stack.push(root)
  }
  for (let folder = stack.pop(); folder && !options.signal.aborted; folder = stack.pop()) {
    try {
      const entries = await opendir(folder, { encoding: 'buffer' as never, bufferSize: 256 })
      for await (const entry of entries) {
        if (options.signal.aborted) return
        const path = Buffer.concat([folder, folder.length === 1 ? Buffer.alloc(0) : slash, entry.name as unknown as Buffer])
        if (entry.isDirectory()) {
          if (!skipped.has(path.toString('latin1'))) stack.push(path)
        } else if (entry.isFile()) {
          const found = await lstat(path).catch(() => null)
          if (found?.isFile()) yield { path, sizeBytes: found.size }
        }
      }
    } catch {
      options.onUnreadable()
    }
  }
}

/** The paths that are there, links resolved. */
export async function existing(paths: readonly string[]): Promise<Buffer[]> {
  const found = await Promise.all(paths.map((path) => realpath(path, 'buffer').catch(() => null)))
  const there = found.filter((path) => path !== null)
  return there.filter((path, index) => there.findIndex((other) => other.equals(path)) === index)
}

const slash = Buffer.from('/')
const isBelow = (path: Buffer, folder: Buffer): boolean =>
  folder.length === 1 || (path.length > folder.length && path.subarray(0, folder.length).equals(folder) && path[folder.length] === 0x2f)
