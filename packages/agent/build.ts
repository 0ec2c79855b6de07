import { createHash } from 'node:crypto'
import { execFile } from 'node:child_process'
import { chmod, copyFile, cp, mkdir, mkdtemp, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { basename, dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { createGzip } from 'node:zlib'
import { createReadStream, createWriteStream } from 'node:fs'
import { pipeline } from 'node:stream/promises'
import { build, type Plugin } from 'esbuild'
import { buildDeb } from './deb.ts'
import { assertTarget, targets, type Target } from './elf.ts'
import { nodeOf } from './node-of.ts'

const run = promisify(execFile)
const here = dirname(fileURLToPath(import.meta.url))
const defaultOut = join(here, 'dist')
const cache = join(here, '..', '..', 'node_modules', '.cache', 'vigie-agent')
/** Part of the cache's key: raise it when what this file makes from the same input changes. */
const recipe = 3
/** Of the .deb's own making. */
const debRecipe = 1

export interface PackedFile {
  file: string
  sha256: string
  sizeBytes: number
}
/** `dist/manifest.json`: what the server offers for download. */
export interface Manifest {
  version: string
  /** One script for an installed Node.js 20.15 or newer. */
  script: PackedFile
  /** One file that needs nothing, packed, by target. */
  packages: Partial<Record<Target | `${Target}.deb`, PackedFile>>
}

/** Of zod's sixty languages we speak none: our texts are our own (half of the bundle otherwise). */
const withoutZodLocales: Plugin = {
  name: 'without-zod-locales',
  setup(builder) {
    builder.onLoad({ filter: /zod\/v4\/locales\/index\.js$/ }, () => ({ contents: 'export {}', loader: 'js' }))
  },
}

/** `dist/vigie-agent.cjs`: everything in one script; under a second. */
export async function buildScript(dist = defaultOut): Promise<string> {
  const outfile = join(dist, 'vigie-agent.cjs')
  await mkdir(dist, { recursive: true })
  await build({
    entryPoints: [join(here, 'src', 'main.ts')],
    outfile: `${outfile}.new`,
    bundle: true,
    minify: true,
    platform: 'node',
    format: 'cjs',
    target: 'node20',
    legalComments: 'none',
    banner: { js: '#!/usr/bin/env node' },
    plugins: [withoutZodLocales],
    external: ['bufferutil', 'utf-8-validate'],
    charset: 'utf8',
  })
  await chmod(`${outfile}.new`, 0o755)
  await rename(`${outfile}.new`, outfile)
  return outfile
}

/**
 * `dist/vigie-agent`, one file with Node.js inside, and its package for download. Kept by content: the same script and the same Node.js are built once.
 * Where `strip` or `xz` is missing it is larger (and packed with gzip); null where there is no Node.js for the target.
 * @param options.isKeptOnly what was built before; nothing is made or fetched
 * @param options.isQuick packed for tests: a quarter larger, in a seventh of the time
 */
export async function buildPackage(
  script: string,
  target: Target,
  { isKeptOnly = false, isQuick = false } = {},
): Promise<{ binary: string; packed: string } | null> {
  const found = await nodeOf(target, cache, !isKeptOnly)
  if (found === null) return null
  const { path: node, version } = found
  await assertTarget(node, target)
  const key = createHash('sha256')
    .update(`${recipe}${isQuick ? ' quick' : ''} ${target} ${(await stat(node)).size} ${version}\n`)
    .update(await readFile(script))
    .digest('hex')
    .slice(0, 32)
  const folder = join(cache, key)
  const known = await readFile(join(folder, 'packed'), 'utf8').catch(() => null)
  if (known !== null) return { binary: join(folder, 'vigie-agent'), packed: join(folder, known) }
  if (isKeptOnly) return null
  const work = await mkdtemp(join(tmpdir(), 'vigie-agent-build-'))
  try {
    const binary = await inject(script, await stripped(node, target), work)
    const packed = await pack(binary, work, target, isQuick)
    await mkdir(cache, { recursive: true })
    await writeFile(join(work, 'packed'), packed)
    const made = await mkdtemp(join(cache, 'new-'))
    for (const file of ['vigie-agent', packed, 'packed']) await copyFile(join(work, file), join(made, file))
    await rename(made, folder).catch(() => rm(made, { recursive: true, force: true })) // somebody else was faster
    return { binary: join(folder, 'vigie-agent'), packed: join(folder, packed) }
  } finally {
    await rm(work, { recursive: true, force: true })
  }
}

/** Symbols go before the script goes in: stripping afterwards gives a binary that crashes (measured, Node.js 24). */
async function stripped(node: string, target: string): Promise<string> {
  const path = join(cache, `node-${target}-${createHash('sha256').update(node).digest('hex').slice(0, 8)}-${(await stat(node)).size}`)
  if (await stat(path).catch(() => null)) return path
  await mkdir(cache, { recursive: true })
  const temporary = `${path}.${process.pid}`
  await copyFile(node, temporary)
  await run('strip', [temporary]).catch(() => {}) // no strip, or not for this target: larger, not wrong
  await chmod(temporary, 0o755)
  await rename(temporary, path)
  return path
}

async function inject(script: string, node: string, work: string): Promise<string> {
  const config = join(work, 'sea.json')
  const blob = join(work, 'sea.blob')
  await writeFile(
    config,
    JSON.stringify({
      main: script,
      output: blob,
      disableExperimentalSEAWarning: true,
      useCodeCache: false,
      execArgv: ['--max-semi-space-size=1', '--no-warnings'],
    }),
  )
  await run(process.execPath, ['--experimental-sea-config', config])
  const binary = join(work, 'vigie-agent')
  await cp(node, binary)
  const { inject: postject } = createRequire(import.meta.url)('postject') as {
    inject: (file: string, name: string, data: Buffer, options: object) => Promise<void>
  }
  await postject(binary, 'NODE_SEA_BLOB', await readFile(blob), { sentinelFuse: 'NODE_SEA_FUSE_fce680ab2cc467b6e072b8b5df1996b2' })
  await chmod(binary, 0o755)
  return binary
}

async function pack(binary: string, work: string, target: string, isQuick: boolean): Promise<string> {
  const tar = join(work, 'package.tar')
  const common = ['--owner=0', '--group=0', '--numeric-owner', '--mtime=@0', '--sort=name', '-C', dirname(binary)]
  await run('tar', ['-cf', tar, ...common, 'vigie-agent'])
  const xz = `vigie-agent-${target}.tar.xz`
  try {
    await run('xz', [isQuick ? '-0' : '-6', '-T2', '-f', '-k', '--block-size=64MiB', tar])
    await rename(`${tar}.xz`, join(work, xz))
    return xz
  } catch {
    const gz = `vigie-agent-${target}.tar.gz`
    await pipeline(createReadStream(tar), createGzip({ level: 9 }), createWriteStream(join(work, gz)))
    return gz
  } finally {
    await rm(tar, { force: true })
  }
}

/** Kept beside the binary that it holds. */
async function keptDeb(binary: string, target: Target, version: string): Promise<string | null> {
  const folder = join(dirname(binary), `deb-${debRecipe}-${version}`)
  const known = (await readdir(folder).catch(() => [])).find((name) => name.endsWith('.deb'))
  if (known) return join(folder, known)
  const work = await mkdtemp(join(dirname(binary), 'new-'))
  const made = await buildDeb({ binary, target, version, out: work })
  if (made === null) await rm(work, { recursive: true, force: true })
  else await rename(work, folder).catch(() => rm(work, { recursive: true, force: true })) // somebody else was faster
  return made && join(folder, basename(made))
}

async function packScript(script: string, dist: string): Promise<string> {
  const work = await mkdtemp(join(tmpdir(), 'vigie-agent-script-'))
  const packed = join(dist, 'vigie-agent-script.tar.gz')
  try {
    await copyFile(script, join(work, 'vigie-agent'))
    await chmod(join(work, 'vigie-agent'), 0o755)
    await run('tar', ['-czf', packed, '--owner=0', '--group=0', '--numeric-owner', '--mtime=@0', '-C', work, 'vigie-agent'])
    return packed
  } finally {
    await rm(work, { recursive: true, force: true })
  }
}

async function fact(path: string): Promise<PackedFile> {
  const bytes = await readFile(path)
  return { file: path.slice(dirname(path).length + 1), sha256: createHash('sha256').update(bytes).digest('hex'), sizeBytes: bytes.length }
}

const ownTarget: Target = process.arch === 'arm64' ? 'linux-arm64' : 'linux-x64'

/** One target's file, its package and its .deb. What an installation needs is there as soon as it can be; the .deb, half a minute the first time, may follow. */
async function addTarget(
  manifest: Manifest,
  script: string,
  target: Target,
  dist: string,
  { isKeptOnly, isForTests }: { isKeptOnly: boolean; isForTests: boolean },
): Promise<void> {
  const built = await buildPackage(script, target, { isKeptOnly, isQuick: isForTests && !isKeptOnly })
  if (!built) return
  const put = async (from: string, name: string) => {
    const file = join(dist, name)
    await copyFile(from, `${file}.new`)
    await rename(`${file}.new`, file)
    return file
  }
  await put(built.binary, target === ownTarget ? 'vigie-agent' : `vigie-agent-${target}`)
  manifest.packages[target] = await fact(await put(built.packed, basename(built.packed)))
  await writeManifest(manifest, dist)
  if (isForTests) return
  const deb = await keptDeb(built.binary, target, manifest.version)
  if (!deb) return
  manifest.packages[`${target}.deb`] = await fact(await put(deb, basename(deb)))
  await writeManifest(manifest, dist)
}

/**
 * All of it, into `dist`. @param options.scriptOnly quick: for tests, which build into a folder of their own (`out`)
 * @param options.isForTests packed quickly, and without the .deb: what people download takes a minute and a half of a core
 * @param options.targets machines that there shall be one file for; absent: this machine's kind
 */
export async function buildAgent(options: {
  scriptOnly: boolean
  isForTests?: boolean
  out?: string
  targets?: readonly Target[]
}): Promise<Manifest> {
  const dist = options.out ?? defaultOut
  const script = await buildScript(dist)
  const { version } = JSON.parse(await readFile(join(here, 'package.json'), 'utf8')) as { version: string }
  const manifest: Manifest = { version, script: await fact(await packScript(script, dist)), packages: {} }
  if (!options.scriptOnly) {
    // The first time, the script is there to be fetched while the one file is still being packed (a minute).
    if (!(await stat(join(dist, 'manifest.json')).catch(() => null))) await writeManifest(manifest, dist)
    const asked = options.targets ?? [ownTarget]
    const isForTests = options.isForTests === true
    for (const target of asked) await addTarget(manifest, script, target, dist, { isKeptOnly: false, isForTests })
    // another machine's kind, built of this very script before: it stays on offer
    for (const target of targets)
      if (!asked.includes(target)) await addTarget(manifest, script, target, dist, { isKeptOnly: true, isForTests })
  }
  await writeManifest(manifest, dist)
  return manifest
}

async function writeManifest(manifest: Manifest, dist: string): Promise<void> {
  await writeFile(join(dist, 'manifest.json.new'), `${JSON.stringify(manifest, null, 2)}\n`)
  await rename(join(dist, 'manifest.json.new'), join(dist, 'manifest.json'))
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  // --all: for other machines than this one's kind too (arm64; nothing of it is run here)
  const manifest = await buildAgent({
    scriptOnly: process.argv.includes('--script-only'),
    isForTests: process.argv.includes('--for-tests'),
    ...(process.argv.includes('--all') ? { targets: [ownTarget, ...targets.filter((target) => target !== ownTarget)] } : {}),
  })
  for (const one of [manifest.script, ...Object.values(manifest.packages)])
    process.stdout.write(`${one.file}  ${(one.sizeBytes / 1e6).toFixed(1)} MB  ${one.sha256}\n`)
}
