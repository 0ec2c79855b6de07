// What every command does first. Plain JavaScript that Node 20 runs: nothing is installed yet when it is read.
import { spawn, spawnSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import './end-with-parent.mjs'

export const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../..')
export const exitCodes = { nodeTooOld: 70, installFailed: 71, buildFailed: 72 }

/** A person's mistake or a machine's lack: one sentence, no stack. */
export function stop(sentence, exitCode) {
  process.stderr.write(`vigie: ${sentence}\n`)
  process.exit(exitCode)
}

export function requireNode(version = process.versions.node) {
  if (Number(version.split('.')[0]) < 20) {
    stop(`Vigie needs Node.js 20 or newer, and this is ${version}: install a newer one (nodejs.org) and start again.`, exitCodes.nodeTooOld)
  }
}

/**
 * Are the packages that the lock file names the ones that lie in node_modules? npm leaves a list of what it laid down; an install that was cut off has none.
 * Another platform's packages are in the lock file but not laid down: those say `optional`.
 */
export function isInstalled(folder = root) {
  const read = (name) => {
    try {
      return JSON.parse(readFileSync(path.join(folder, name), 'utf8')).packages
    } catch {
      return null
    }
  }
  const [wanted, found] = [read('package-lock.json'), read('node_modules/.package-lock.json')]
  if (!wanted || !found) return false
  return Object.entries(wanted).every(([place, { version, optional, dev, devOptional }]) => {
    if (!place.includes('node_modules/')) return true // our own parts
    if (place in found) return found[place].version === version
    return Boolean(optional || devOptional || (dev && process.env.NODE_ENV === 'production')) // npm leaves the tools out of a production install
  })
}

/** Installs what the lock file names, without running any package's script (R47), unless it is there already. */
export function ensureInstalled() {
  if (isInstalled()) return
  say('installing the packages (once; a minute or so) ...')
  const args = ['ci', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error']
  const own = process.env.npm_execpath // the npm that runs us, so that no other one is looked for
  const [command, all] = own?.endsWith('.js') ? [process.execPath, [own, ...args]] : ['npm', args]
  const { status, error } = spawnSync(command, all, {
    cwd: root,
    stdio: ['ignore', 'inherit', 'inherit'],
    shell: process.platform === 'win32' && command === 'npm',
  })
  if (error || status !== 0)
    stop(`the packages could not be installed (${error?.message ?? `npm ended with ${status}`}): see above.`, exitCodes.installFailed)
}

/** The Node 24 that npm brought; this one where it is new enough and there is none for the platform. */
export function findNode() {
  const brought = path.join(
    root,
    'node_modules',
    `node-${process.platform === 'win32' ? 'win' : process.platform}-${process.arch}`,
    'bin',
    process.platform === 'win32' ? 'node.exe' : 'node',
  )
  if (existsSync(brought)) return brought
  if (Number(process.versions.node.split('.')[0]) >= 24) return process.execPath
  return stop(
    `no Node.js 24 comes by npm for ${process.platform} ${process.arch}: install Node.js 24 and start again.`,
    exitCodes.nodeTooOld,
  )
}

/** The environment in which `node` and every installed tool are the ones of this checkout. */
export function ownPath(env = process.env) {
  const folders = [path.dirname(findNode()), path.join(root, 'node_modules/.bin')]
  return { ...env, PATH: [...folders, env.PATH ?? ''].join(path.delimiter) }
}

/** Runs the script that asks, under Node 24, if it is not there yet. Returns only in the right Node. */
export async function inNode24(script) {
  if (process.execPath === findNode() || process.env.VIGIE_IN_NODE_24 === '1') return
  const { code } = await runThrough(findNode(), [script, ...process.argv.slice(2)], { ...ownPath(), VIGIE_IN_NODE_24: '1' })
  process.exit(code)
}

/**
 * Runs a Node program in the foreground in our place. It gets a session of its own and hears of Ctrl-C from us only: the terminal and npm both tell us, and the program shall
 * hear it once. A second one, a second later or more, is passed on too: the person is in a hurry.
 */
export function runThrough(command, args, env, folder = process.cwd()) {
  const isWindows = process.platform === 'win32'
  const child = spawn(command, ['--import', new URL('end-with-parent.mjs', import.meta.url).href, ...args], {
    cwd: folder,
    env,
    stdio: 'inherit',
    detached: !isWindows,
  })
  const lastAt = {}
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
    process.on(signal, () => {
      const now = Date.now()
      if (now - (lastAt[signal] ?? 0) < 1000) return
      lastAt[signal] = now
      child.kill(signal)
    })
  }
  return new Promise((resolve) => {
    child.on('error', (error) => stop(`${command} does not run: ${error.message}`, exitCodes.installFailed))
    child.on('exit', (code, signal) => resolve({ code: code ?? 128 + (signalNumbers[signal] ?? 0), signal }))
  })
}

const signalNumbers = { SIGHUP: 1, SIGINT: 2, SIGQUIT: 3, SIGABRT: 6, SIGKILL: 9, SIGSEGV: 11, SIGTERM: 15 }

export function say(text) {
  process.stderr.write(`vigie: ${text}\n`)
}
