import { globSync, readFileSync } from 'node:fs'
import path from 'node:path'

interface Manifest {
  name?: string
  dependencies?: Record<string, string>
  devDependencies?: Record<string, string>
  optionalDependencies?: Record<string, string>
}
interface Lock {
  packages: Record<string, { version?: string; resolved?: string; integrity?: string; link?: boolean }>
}

/** R47: exact versions, every package's content pinned by its hash, and no download address: the lock file serves behind any registry. @returns complaints */
export function checkLock(root: string): string[] {
  const complaints: string[] = []
  const read = <T>(file: string) => JSON.parse(readFileSync(path.join(root, file), 'utf8')) as T
  for (const file of ['package.json', ...globSync('packages/*/package.json', { cwd: root })]) {
    const { dependencies, devDependencies, optionalDependencies } = read<Manifest>(file)
    for (const [name, version] of Object.entries({ ...dependencies, ...devDependencies, ...optionalDependencies })) {
      if (!/^\d+\.\d+\.\d+(-[0-9a-z.-]+)?$/i.test(version)) complaints.push(`${file}: ${name} is ${version}, not one exact version`)
    }
  }
  for (const [place, entry] of Object.entries(read<Lock>('package-lock.json').packages)) {
    if (!place.includes('node_modules/') || entry.link) continue
    if (entry.resolved !== undefined) complaints.push(`package-lock.json: ${place} names a download address`)
    if (!entry.integrity?.startsWith('sha512-')) complaints.push(`package-lock.json: ${place} has no sha512`)
  }
  return complaints
}
