import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdir, mkdtemp, readFile, rename, rm, stat } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import type { Target } from './elf.ts'

const run = promisify(execFile)
const lockFile = join(dirname(fileURLToPath(import.meta.url)), '..', '..', 'package-lock.json')

export interface NodeProgram {
  path: string
  version: string
}

/**
 * The Node.js that the agent for `target` carries: the one npm installed here, or, for another machine, the one that the lock file names, fetched by npm and checked against the lock file's digest.
 * Null: neither is to be had.
 * @param mayFetch false: only what is here already
 */
export async function nodeOf(target: Target, cache: string, mayFetch = true): Promise<NodeProgram | null> {
  const name = `node-${target}`
  const require = createRequire(import.meta.url)
  try {
    return { path: require.resolve(`${name}/bin/node`), version: (require(`${name}/package.json`) as { version: string }).version }
  } catch {
    return await fetched(name, cache, mayFetch)
  }
}

async function fetched(name: string, cache: string, mayFetch: boolean): Promise<NodeProgram | null> {
  const { packages } = JSON.parse(await readFile(lockFile, 'utf8').catch(() => '{"packages":{}}')) as {
    packages: Record<string, { version?: string; integrity?: string } | undefined>
  }
  const { version, integrity } = packages[`node_modules/${name}`] ?? {}
  if (version === undefined || integrity === undefined) return null
  const folder = join(cache, `${name}-${version}`)
  const path = join(folder, 'node')
  if (
    await stat(path).then(
      (found) => found.isFile(),
      () => false,
    )
  )
    return { path, version }
  if (!mayFetch) return null
  const work = await mkdtemp(join(tmpdir(), 'vigie-node-'))
  try {
    const packed = await run('npm', ['pack', `${name}@${version}`, '--silent', '--pack-destination', work], { cwd: work }).then(
      ({ stdout }) => join(work, stdout.trim().split('\n').at(-1)!),
      () => null,
    )
    if (packed === null) return null
    const digest = `sha512-${createHash('sha512')
      .update(await readFile(packed))
      .digest('base64')}`
    if (digest !== integrity) throw new Error(`${name}@${version} is not what the lock file names`)
    await run('tar', ['-xzf', packed, '-C', work, 'package/bin/node'])
    await mkdir(folder, { recursive: true })
    await rename(join(work, 'package/bin/node'), `${path}.${process.pid}`).catch(async (error: { code?: string }) => {
      if (error.code !== 'EXDEV') throw error
      await run('cp', [join(work, 'package/bin/node'), `${path}.${process.pid}`]) // another file system
    })
    await rename(`${path}.${process.pid}`, path)
    return { path, version }
  } finally {
    await rm(work, { recursive: true, force: true })
  }
}
