// The tests of the ClamAV engine run the real one. Where the machine allows, it is installed; where not, those tests say that they did not run.
import { spawnSync } from 'node:child_process'
import { existsSync, rmSync, writeFileSync } from 'node:fs'
import { say } from './set-up.mjs'

const programs = ['clamd', 'clamdscan', 'freshclam']
const places = (process.env.PATH ?? '').split(':').concat('/usr/sbin', '/usr/bin', '/usr/local/sbin', '/usr/local/bin')
const isThere = (program) => places.some((folder) => existsSync(`${folder}/${program}`))

/** @returns why the tests that need ClamAV cannot run; null: they can. */
export function ensureClamav() {
  const missing = () => programs.filter((program) => !isThere(program))
  if (missing().length === 0) return null
  if (process.getuid?.() !== 0 || !isThere('apt-get')) return `${missing().join(', ')} missing, and only root on a Debian may install it`
  say('installing ClamAV for its tests (once) ...')
  const failed = withoutStartingServices(() => {
    const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' }
    for (const args of [
      ['update', '-qq'],
      ['install', '-y', '-qq', '--no-install-recommends', 'clamav-daemon', 'clamdscan', 'clamav-freshclam'],
    ]) {
      const { status, stderr, error } = spawnSync('apt-get', args, {
        env,
        stdio: ['ignore', 'ignore', 'pipe'],
        encoding: 'utf8',
        timeout: 180_000,
      })
      if (status !== 0) return `apt-get ${args[0]}: ${(error?.message ?? stderr).trim().split('\n').at(-1)}`
    }
    return null
  })
  return missing().length === 0 ? null : `${missing().join(', ')} could not be installed (${failed ?? 'the packages do not hold it'})`
}

/** Debian starts what it installs; our tests start their own, with their own files. */
function withoutStartingServices(work) {
  const policy = '/usr/sbin/policy-rc.d'
  if (existsSync(policy)) return work() // the machine has its own opinion
  writeFileSync(policy, '#!/bin/sh\nexit 101\n', { mode: 0o755 })
  try {
    return work()
  } finally {
    rmSync(policy, { force: true })
  }
}
