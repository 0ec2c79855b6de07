import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { open, readdir, rename, rm, stat } from 'node:fs/promises'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { installScript, releaseLimits } from '@vigie/domain/agents'
import { problems, type ProblemCode } from '@vigie/domain/kernel'
import { privateFolder } from './files.ts'
import { download, exchange } from './https.ts'
import type { Log } from './log.ts'
import { siteMovePath } from './move.ts'
import type { Proxy } from './proxy.ts'

/** Where the site server itself reports. */
export interface Upstream {
  /** `https://host:port` */
  server: string
  /** PEM. */
  ca: string
  proxy: Proxy | null
}

const bodyBytes = 65_536
const bodyMs = 15_000
const packageBytes = 250_000_000
const downloadMs = 600_000
/** R18: enrolments and pages that are relayed at the same time. */
const relaysAtOnce = 16

/**
 * What a site server answers to endpoints that have no way of their own to Vigie: its certificate, the installer and its package, and enrolments, which it passes on
 * (AGT-8). The paths are few and fixed; nothing of what comes in becomes part of a path or a program.
 */
export class SitePages {
  readonly #folder: string
  readonly #upstream: () => Upstream
  readonly #moving: () => Promise<Upstream | null>
  readonly #ca: string
  readonly #log: Log
  #relays = 0
  readonly #fetching = new Map<'x64' | 'arm64', Promise<string>>()

  constructor(options: { stateFolder: string; upstream: () => Upstream; moving: () => Promise<Upstream | null>; ca: string; log: Log }) {
    this.#folder = join(options.stateFolder, 'site', 'packages')
    this.#upstream = options.upstream
    this.#moving = options.moving
    this.#ca = options.ca
    this.#log = options.log
  }

  async answer(req: IncomingMessage, res: ServerResponse): Promise<void> {
    try {
      if (this.#relays >= relaysAtOnce) return refuse(res, 'server.busy')
      this.#relays++
      try {
        await this.#route(req, res)
      } finally {
        this.#relays--
      }
    } catch (error) {
      this.#log.debug('a page of the site server could not be given', { cause: String(error) })
      if (res.headersSent) res.destroy()
      else refuse(res, 'server.busy')
    }
  }

  async #route(req: IncomingMessage, res: ServerResponse): Promise<void> {
    switch (`${req.method} ${req.url}`) {
      case 'GET /agent/v1/ca.pem':
        return send(res, 200, 'application/x-pem-file', this.#ca)
      case 'GET /agent/v1/install.sh': {
        const { x64, arm64 } = await this.#wantedPackages()
        return send(
          res,
          200,
          'text/x-shellscript; charset=utf-8',
          installScript({ agentUrl: `https://${req.headers.host ?? ''}`, packageSha256: x64, arm64Sha256: arm64 }),
        )
      }
      case 'GET /agent/v1/download/linux-x64':
        return await this.#sendPackage(res, 'x64')
      case 'GET /agent/v1/download/linux-arm64':
        return await this.#sendPackage(res, 'arm64')
      case 'POST /agent/v1/enrol':
      case 'POST /agent/v1/fork':
        return await this.#relay(req, res, req.url!, this.#upstream())
      case `POST ${siteMovePath}`: {
        // AGT-11: where this site server is about to go; it knows the way once it is registered there itself
        const moving = await this.#moving()
        return moving === null ? refuse(res, 'server.busy') : await this.#relay(req, res, '/agent/v1/enrol', moving)
      }
      default:
        return req.method === 'GET' && isReleasePage(req.url ?? '')
          ? await this.#passRelease(req.url!, res)
          : refuse(res, 'route.not-found')
    }
  }

  /** An upgrade's documents and package, as they come: the endpoint believes signatures, not whoever passes them on (R17). As slow as its reader; what is too long ends. */
  async #passRelease(url: string, res: ServerResponse): Promise<void> {
    const { server, ca, proxy } = this.#upstream()
    if (!releasePackage.test(url)) {
      const reply = await exchange(new URL(url, server), { method: 'GET', ca }, proxy)
      return send(res, reply.status, 'application/json; charset=utf-8', reply.body)
    }
    const abort = new AbortController()
    res.once('close', () => abort.abort())
    const source = await download(
      new URL(url, server),
      { ca, signal: AbortSignal.any([abort.signal, AbortSignal.timeout(downloadMs)]) },
      proxy,
    )
    res.writeHead(200, { 'content-type': 'application/octet-stream', 'x-content-type-options': 'nosniff', 'cache-control': 'no-store' })
    await pipeline(source, atMost(releaseLimits.packageBytes), res)
  }

  /** As it is, up and back: the key in it is for the server, the answer for the endpoint, which checks what it trusts by what its install command says. */
  async #relay(req: IncomingMessage, res: ServerResponse, path: string, { server, ca, proxy }: Upstream): Promise<void> {
    if (!/^application\/json\b/.test(req.headers['content-type'] ?? '')) return refuse(res, 'request.not-json')
    const body = await bodyOf(req)
    if (body === null) return refuse(res, 'request.too-large')
    const headers = { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) }
    const reply = await exchange(new URL(path, server), { method: 'POST', ca, headers }, proxy, body)
    send(res, reply.status, reply.status < 300 ? 'application/json; charset=utf-8' : 'application/problem+json; charset=utf-8', reply.body)
  }

  /** The packages that the server's own install script names now; null: it has none for arm64. */
  async #wantedPackages(): Promise<{ x64: string; arm64: string | null }> {
    const { server, ca, proxy } = this.#upstream()
    const { status, body } = await exchange(new URL('/agent/v1/install.sh', server), { method: 'GET', ca }, proxy)
    const x64 = status === 200 ? /^package_sha256=([0-9a-f]{64})$/m.exec(body)?.[1] : undefined
    if (x64 === undefined) throw new Error(`no package: ${status}`)
    return { x64, arm64: /^package_sha256_arm64=([0-9a-f]{64})$/m.exec(body)?.[1] ?? null }
  }

  /** Fetched once and kept by its digest; 500 endpoints that install at once cost the way to Vigie one download. */
  async #sendPackage(res: ServerResponse, arch: 'x64' | 'arm64'): Promise<void> {
    const wanted = await this.#wantedPackages()
    const sha256 = wanted[arch]
    if (sha256 === null) return refuse(res, 'route.not-found')
    let fetching = this.#fetching.get(arch)
    if (!fetching)
      this.#fetching.set(
        arch,
        (fetching = this.#fetch(arch, sha256, [wanted.x64, wanted.arm64]).finally(() => this.#fetching.delete(arch))),
      )
    const file = await fetching
    res.writeHead(200, {
      'content-type': 'application/octet-stream',
      'content-length': (await stat(file)).size,
      'x-content-type-options': 'nosniff',
      'cache-control': 'no-cache',
    })
    await pipeline(createReadStream(file), res)
  }

  /** @param wanted digests of what is kept; anything else is old */
  async #fetch(arch: 'x64' | 'arm64', sha256: string, wanted: readonly (string | null)[]): Promise<string> {
    const folder = await privateFolder(this.#folder)
    const file = join(folder, sha256)
    if (
      await stat(file).then(
        (found) => found.isFile(),
        () => false,
      )
    )
      return file
    const part = join(folder, `${sha256}.part`)
    const { server, ca, proxy } = this.#upstream()
    const hash = createHash('sha256')
    try {
      const source = await download(
        new URL(`/agent/v1/download/linux-${arch}`, server),
        { ca, signal: AbortSignal.timeout(downloadMs) },
        proxy,
      )
      // not a pipeline: on a full disk it waits for its source for ever (seen 2026-11-21, Node 24)
      const out = await open(part, 'w', 0o600)
      try {
        for await (const chunk of atMost(packageBytes)(source)) {
          hash.update(chunk)
          await out.writeFile(chunk)
        }
      } finally {
        await out.close()
      }
      if (hash.digest('hex') !== sha256) throw new Error('the package is not the one the server names')
      for (const old of await readdir(folder))
        if (!wanted.includes(old.replace(/\.part$/, ''))) await rm(join(folder, old), { force: true })
      await rename(part, file)
      return file
    } catch (error) {
      await rm(part, { force: true }) // also where the disk is full: what is half there takes room and helps nobody
      throw error
    }
  }
}

const version = String.raw`(?:0|[1-9]\d{0,5})(?:\.(?:0|[1-9]\d{0,5})){2}`
const releasePackage = new RegExp(`^/agent/v1/releases/${version}/linux-(?:x64|arm64)$`)
const releaseDocument = new RegExp(`^/agent/v1/releases/(?:root/[1-9]\\d{0,6}|${version})$`)
const isReleasePage = (url: string): boolean => releasePackage.test(url) || releaseDocument.test(url)

const atMost = (bytes: number) =>
  async function* (source: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
    let left = bytes
    for await (const chunk of source) {
      left -= chunk.byteLength
      if (left < 0) throw new Error('the package is too large')
      yield chunk
    }
  }

/** Null: too large. */
async function bodyOf(req: IncomingMessage): Promise<string | null> {
  if (Number(req.headers['content-length'] ?? 0) > bodyBytes) return null
  const chunks: Buffer[] = []
  let size = 0
  const timer = setTimeout(() => req.destroy(), bodyMs)
  try {
    for await (const chunk of req as AsyncIterable<Buffer>) {
      size += chunk.length
      if (size > bodyBytes) return null
      chunks.push(chunk)
    }
    return Buffer.concat(chunks).toString('utf8')
  } finally {
    clearTimeout(timer)
  }
}

function send(res: ServerResponse, status: number, type: string, body: string): void {
  res
    .writeHead(status, {
      'content-type': type,
      'content-length': Buffer.byteLength(body),
      'cache-control': 'no-store',
      'x-content-type-options': 'nosniff',
    })
    .end(body)
}

function refuse(res: ServerResponse, code: ProblemCode): void {
  if (problems[code].retry) res.setHeader('retry-after', '5')
  if (!res.req.complete) res.setHeader('connection', 'close')
  send(res, problems[code].status, 'application/problem+json; charset=utf-8', JSON.stringify({ code, status: problems[code].status }))
}
