import { createHash, createPrivateKey, createPublicKey, generateKeyPairSync, sign as signBytes, type KeyObject } from 'node:crypto'
import { createReadStream, createWriteStream } from 'node:fs'
import { mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { pipeline } from 'node:stream/promises'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { constants, createBrotliCompress } from 'node:zlib'
import {
  acceptRelease,
  Envelope,
  followRoots,
  readFirstRoot,
  ReleaseDocument,
  releaseLimits,
  ReleaseRefused,
  ReleaseVersion,
  releaseTargets,
  RootDocument,
  signedText,
  type ReleaseTarget,
} from '../packages/domain/src/agents/index.ts'
import { assertTarget } from '../packages/agent/elf.ts'
import { joinValues } from '../packages/agent/src/core/arguments.ts'
import { releaseCrypto } from '../packages/agent/src/core/release.ts'

/**
 * Makes what agents upgrade themselves from (R17), step by step, on different people's machines: a key is made and stays on its owner's; documents travel and gather signatures. Holds no
 * connection and needs no server. docs/how-to/release-the-agent.md says who does what.
 */
const usage = `node tools/release.ts <step>
  key --out FILE [--passphrase-file FILE]                     a key of your own; prints what others need to know of it
  root --key PUBLIC (each) --release-key PUBLIC (each) --threshold N --release-threshold N --days N --out FOLDER [--after FILE]
                                                              the document that names the keys, unsigned
  pack --version X.Y.Z --sequence N --days N --program TARGET=FILE (each) --out FOLDER
                                                              packages and the release's document, unsigned
  sign --key FILE [--passphrase-file FILE] DOCUMENT           adds your signature
  verify --root FILE FOLDER                                   judges a folder as an agent would`

const keyIdOf = (raw: string): string => releaseCrypto.keyIdOf(raw)
const publicOf = (key: KeyObject): string => createPublicKey(key).export({ format: 'jwk' }).x!
const inDays = (days: number): string => new Date(Date.now() + days * 86_400_000).toISOString()
const unsigned = (document: object): string =>
  `${JSON.stringify({ signed: JSON.stringify(document), signatures: [] } satisfies Envelope)}\n`

/** Null passphrase: the file itself is the secret. @returns the public half, as documents name it */
export async function makeKey(file: string, passphrase: string | null): Promise<string> {
  const { privateKey } = generateKeyPairSync('ed25519')
  const pem = privateKey.export({ type: 'pkcs8', format: 'pem', ...(passphrase === null ? {} : { cipher: 'aes-256-cbc', passphrase }) })
  await writeFile(file, pem, { mode: 0o600, flag: 'wx' })
  return publicOf(privateKey)
}

export interface RootAsked {
  rootKeys: readonly string[]
  releaseKeys: readonly string[]
  threshold: number
  releaseThreshold: number
  days: number
  /** The root it follows; null: it is the first. */
  after: string | null
}
/** @returns the file */
export async function makeRoot(folder: string, asked: RootAsked): Promise<string> {
  const version =
    asked.after === null
      ? 1
      : RootDocument.parse(JSON.parse(Envelope.parse(JSON.parse(await readFile(asked.after, 'utf8'))).signed)).version + 1
  const role = (keys: readonly string[], threshold: number) => {
    const keyIds = [...new Set(keys)].map(keyIdOf)
    if (threshold < 2 || keyIds.length < threshold)
      throw new RangeError(`a threshold is two or more, of as many different keys: ${threshold} of ${keyIds.length}`)
    return { keyIds, threshold }
  }
  const document = RootDocument.parse({
    kind: 'vigie root 1',
    version,
    expiresAt: inDays(asked.days),
    keys: Object.fromEntries([...asked.rootKeys, ...asked.releaseKeys].map((key) => [keyIdOf(key), key])),
    roles: { root: role(asked.rootKeys, asked.threshold), release: role(asked.releaseKeys, asked.releaseThreshold) },
  })
  await mkdir(path.join(folder, 'roots'), { recursive: true })
  const file = path.join(folder, 'roots', `${version}.json`)
  await writeFile(file, unsigned(document), { flag: 'wx' })
  return file
}

export interface PackAsked {
  version: string
  sequence: number
  days: number
  programs: Partial<Record<ReleaseTarget, string>>
  /** 0 to 11; 9 takes over a minute for a program of 110 MB (2026-11-21, 2 cores under load). */
  quality?: number
}
/** The same program gives the same package (R47). @returns the document's file */
export async function pack(folder: string, { version, sequence, days, programs, quality = 9 }: PackAsked): Promise<string> {
  if (days > releaseLimits.longestLifeDays) throw new RangeError(`a release lives ${releaseLimits.longestLifeDays} days at most`)
  await mkdir(folder, { recursive: true })
  const packages: ReleaseDocument['packages'] = {}
  for (const target of releaseTargets) {
    const program = programs[target]
    if (program === undefined) continue
    const file = path.join(folder, `vigie-agent-${version}-${target}.br`)
    await assertTarget(program, target)
    const { size } = await stat(program)
    await pipeline(
      createReadStream(program),
      createBrotliCompress({
        params: { [constants.BROTLI_PARAM_QUALITY]: quality, [constants.BROTLI_PARAM_LGWIN]: 24, [constants.BROTLI_PARAM_SIZE_HINT]: size },
      }),
      createWriteStream(file),
    )
    packages[target] = await factsOf(file)
  }
  const document = ReleaseDocument.parse({
    kind: 'vigie agent release 1',
    sequence,
    version,
    signedAt: new Date().toISOString(),
    expiresAt: inDays(days),
    packages,
  })
  const file = path.join(folder, 'release.json')
  await writeFile(file, unsigned(document))
  return file
}

async function factsOf(file: string): Promise<{ sizeBytes: number; sha256: string }> {
  const hash = createHash('sha256')
  for await (const chunk of createReadStream(file)) hash.update(chunk as Buffer)
  return { sizeBytes: (await stat(file)).size, sha256: hash.digest('hex') }
}

/** Adds one person's signature; a second one by the same key takes the place of the first. @returns what was signed, to be read before anything else is done with it */
export async function sign(
  file: string,
  pem: string,
  passphrase: string | null,
): Promise<{ document: RootDocument | ReleaseDocument; sha256: string }> {
  const envelope = Envelope.parse(JSON.parse(await readFile(file, 'utf8')))
  const value = JSON.parse(envelope.signed) as { kind?: unknown }
  const isRoot = value.kind === 'vigie root 1'
  const document = isRoot ? RootDocument.parse(value) : ReleaseDocument.parse(value)
  const key = createPrivateKey({ key: pem, ...(passphrase === null ? {} : { passphrase }) })
  if (key.asymmetricKeyType !== 'ed25519') throw new TypeError('not an Ed25519 key')
  const keyId = keyIdOf(publicOf(key))
  const signature = signBytes(null, Buffer.from(signedText(isRoot ? 'root' : 'release', envelope.signed)), key).toString('base64url')
  await writeFile(
    file,
    `${JSON.stringify({ ...envelope, signatures: [...envelope.signatures.filter((one) => one.keyId !== keyId), { keyId, signature }] })}\n`,
  )
  return { document, sha256: releaseCrypto.sha256(envelope.signed) }
}

/** As an agent that knows `rootFile` and runs nothing yet would judge the folder. @throws ReleaseRefused; Error for a package that differs */
export async function verify(folder: string, rootFile: string): Promise<ReleaseDocument> {
  const now = new Date()
  let root = readFirstRoot(await readFile(rootFile, 'utf8'), now, releaseCrypto)
  const later = (await readdir(path.join(folder, 'roots')).catch(() => []))
    .filter((name) => /^\d+\.json$/.test(name))
    .toSorted((a, b) => parseInt(a) - parseInt(b))
  root = followRoots(root, await Promise.all(later.map((name) => readFile(path.join(folder, 'roots', name), 'utf8'))), releaseCrypto)
  const release = await readFile(path.join(folder, 'release.json'), 'utf8')
  const document = ReleaseDocument.parse(JSON.parse(Envelope.parse(JSON.parse(release)).signed))
  for (const target of releaseTargets.filter((one) => document.packages[one])) {
    const trust = { root, sequence: 0, documentSha256: '', latestAt: now.toISOString() }
    const accepted = acceptRelease(trust, { roots: [], release, version: document.version, current: '0.0.0', target, now }, releaseCrypto)
    const found = await factsOf(path.join(folder, `vigie-agent-${document.version}-${target}.br`))
    if (found.sha256 !== accepted.package.sha256 || found.sizeBytes !== accepted.package.sizeBytes)
      throw new ReleaseRefused('package-differs')
  }
  return document
}

async function main(args: readonly string[]): Promise<void> {
  const text = { type: 'string' } as const
  const options = {
    out: text,
    key: { ...text, multiple: true },
    'release-key': { ...text, multiple: true },
    threshold: text,
    'release-threshold': text,
    days: text,
    after: text,
    version: text,
    sequence: text,
    program: { ...text, multiple: true },
    'passphrase-file': text,
    root: text,
  } as const
  const { values, positionals } = parseArgs({ args: joinValues(args, options), allowPositionals: true, options })
  const needed = <T>(name: string, value: T | undefined): T => value ?? fail(`--${name} is missing\n\n${usage}`)
  const passphrase = values['passphrase-file'] === undefined ? null : (await readFile(values['passphrase-file'], 'utf8')).split(/\r?\n/)[0]!
  const say = (line: string) => void process.stdout.write(`${line}\n`)
  switch (positionals[0]) {
    case 'key': {
      const key = await makeKey(needed('out', values.out), passphrase)
      return say(`public key ${key}\nkey id     ${keyIdOf(key)}`)
    }
    case 'root':
      return say(
        await makeRoot(needed('out', values.out), {
          rootKeys: needed('key', values.key),
          releaseKeys: needed('release-key', values['release-key']),
          threshold: Number(needed('threshold', values.threshold)),
          releaseThreshold: Number(needed('release-threshold', values['release-threshold'])),
          days: Number(needed('days', values.days)),
          after: values.after ?? null,
        }),
      )
    case 'pack': {
      const programs = Object.fromEntries(needed('program', values.program).map((one) => one.split(/=(.*)/s).slice(0, 2)))
      const unknown = Object.keys(programs).find((target) => !(releaseTargets as readonly string[]).includes(target))
      if (unknown !== undefined) fail(`there are no packages for "${unknown}": ${releaseTargets.join(', ')}`)
      return say(
        await pack(needed('out', values.out), {
          version: ReleaseVersion.parse(needed('version', values.version)),
          sequence: Number(needed('sequence', values.sequence)),
          days: Number(needed('days', values.days)),
          programs,
        }),
      )
    }
    case 'sign': {
      const { document, sha256 } = await sign(
        needed('document', positionals[1]),
        await readFile(needed('key', values.key?.[0]), 'utf8'),
        passphrase,
      )
      return say(`${JSON.stringify(document, null, 2)}\nSHA-256 of the document: ${sha256}`)
    }
    case 'verify': {
      const { version, sequence, expiresAt } = await verify(needed('folder', positionals[1]), needed('root', values.root))
      return say(`an agent would take ${version} (document ${sequence}, valid until ${expiresAt})`)
    }
    default:
      fail(usage)
  }
}

function fail(message: string): never {
  process.stderr.write(`${message}\n`)
  process.exit(64)
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  await main(process.argv.slice(2)).catch((error: unknown) => {
    process.stderr.write(
      error instanceof ReleaseRefused ? `refused: ${error.fault}\n` : `${error instanceof Error ? error.message : String(error)}\n`,
    )
    process.exitCode = 1
  })
}
