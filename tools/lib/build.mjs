// Builds what has to be built (the console, the agent's one file), and only when its sources changed.
import { spawn, spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { exitCodes, findNode, ownPath, root, say, stop } from './set-up.mjs'

const common = ['package-lock.json', 'tsconfig.json', 'packages/domain/src', 'packages/domain/package.json']
/** `args`: what makes it in the folder it is given; one that takes no folder puts whole files in place by itself. */
/** @type {Record<string, { sources: string[], out: string, script: string, args: (out: string) => string[], isSelfPlacing: boolean }>} */
const builds = {
  console: {
    sources: [
      ...common,
      'packages/web/src',
      'packages/web/public',
      'packages/web/index.html',
      'packages/web/vite.config.ts',
      'packages/web/plain-domain.ts',
      'packages/web/package.json',
    ],
    out: 'packages/web/dist',
    script: 'node_modules/vite/bin/vite.js',
    args: (out) => [
      'build',
      'packages/web',
      '--config',
      'packages/web/vite.config.ts',
      '--outDir',
      out,
      '--emptyOutDir',
      '--logLevel',
      'warn',
    ],
    isSelfPlacing: false,
  },
  agent: {
    sources: [
      ...common,
      'packages/agent/src',
      'packages/agent/build.ts',
      'packages/agent/deb.ts',
      'packages/agent/elf.ts',
      'packages/agent/node-of.ts',
      'packages/agent/package.json',
    ],
    out: 'packages/agent/dist',
    script: 'packages/agent/build.ts',
    args: () => [],
    isSelfPlacing: true,
  },
}

/** What is to do, or null where the built one is of these very sources. @param {boolean} [isForTests] the agent packed quickly and without its .deb will do */
function plan(name, isForTests = false) {
  const { sources, out, script, args, isSelfPlacing } = builds[name]
  const target = path.join(root, out)
  const stampFile = path.join(root, 'node_modules/.cache/vigie', `${name}.stamp`)
  const stamp = fingerprint(sources)
  const built = existsSync(target) && existsSync(stampFile) ? readFileSync(stampFile, 'utf8') : null
  if (built === stamp || (isForTests && built === `${stamp} for tests`)) return null
  if (!existsSync(path.join(root, script))) {
    if (existsSync(target)) return null // a packaged Vigie brings it built, and no tools
    stop(`${out} is missing, and so is ${script} that makes it.`, exitCodes.buildFailed)
  }
  const fresh = `${target}.new-${process.pid}`
  const finish = () => {
    if (!isSelfPlacing) {
      // The old one goes only when the new one is whole.
      const old = `${target}.old-${process.pid}`
      if (existsSync(target)) renameSync(target, old)
      renameSync(fresh, target)
      rmSync(old, { recursive: true, force: true })
    }
    mkdirSync(path.dirname(stampFile), { recursive: true })
    writeFileSync(stampFile, isForTests ? `${stamp} for tests` : stamp)
  }
  const discard = () => rmSync(fresh, { recursive: true, force: true })
  return {
    command: [script, ...args(fresh), ...(isForTests ? ['--for-tests'] : [])],
    options: { cwd: root, env: { ...ownPath(), NODE_ENV: 'production' } },
    finish,
    discard,
  }
}

/** @param {'console' | 'agent'} name */
export function ensureBuilt(name) {
  const todo = plan(name)
  if (!todo) return
  say(`building the ${name} ...`)
  const { status, stderr, stdout } = spawnSync(findNode(), todo.command, { ...todo.options, encoding: 'utf8' })
  if (status !== 0) failed(name, todo, stdout + stderr)
  todo.finish()
}

/**
 * The agent for tests, beside what else goes on: packed quickly (as for people it takes half a minute of both cores), and without its .deb, of which no test needs the packed one.
 * @returns {Promise<void>} once it is there
 */
export async function agentForTests() {
  const todo = plan('agent', true)
  if (!todo) return
  say('building the agent ...')
  const child = spawn(findNode(), todo.command, { ...todo.options, stdio: ['ignore', 'pipe', 'pipe'] })
  const said = []
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => said.push(chunk))
  const code = await new Promise((resolve) => child.on('close', resolve))
  if (code !== 0) failed('agent', todo, Buffer.concat(said).toString())
  todo.finish()
}

function failed(name, todo, said) {
  todo.discard()
  process.stderr.write(said)
  stop(`the ${name} could not be built: see above.`, exitCodes.buildFailed)
}

/**
 * The same beside what else goes on, for what a person needs only minutes later (packing the agent takes a minute). Says so when it fails, and ends nothing.
 * @param {'console' | 'agent'} name
 * @returns {() => void} gives it up
 */
export function buildBeside(name) {
  const todo = plan(name)
  if (!todo) return () => {}
  const child = spawn(findNode(), todo.command, { ...todo.options, stdio: ['ignore', 'ignore', 'pipe'] })
  const said = []
  child.stderr.on('data', (chunk) => said.push(chunk))
  let isGivenUp = false
  child.on('close', (code) => {
    if (code === 0) return todo.finish()
    todo.discard()
    if (!isGivenUp) say(`the ${name} could not be built, and cannot be downloaded: ${Buffer.concat(said).toString().trim()}`)
  })
  return () => {
    isGivenUp = true
    child.kill('SIGKILL')
  }
}

/** Of names and contents: times lie after a checkout. Tests do not count. */
function fingerprint(sources) {
  const hash = createHash('sha256')
  for (const file of sources.flatMap((source) => filesBelow(path.join(root, source))).sort()) {
    hash
      .update(`${path.relative(root, file)}\0`)
      .update(readFileSync(file))
      .update('\0')
  }
  return hash.digest('hex')
}

function filesBelow(place) {
  if (!existsSync(place)) return []
  if (!statSync(place).isDirectory()) return [place]
  const isSource = (name) => !/\.test\.tsx?$/.test(name)
  return readdirSync(place, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && isSource(entry.name))
    .map((entry) => path.join(entry.parentPath ?? entry.path, entry.name))
}
