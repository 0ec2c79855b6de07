import { createHash, randomBytes, X509Certificate } from 'node:crypto'
import { execFileSync, spawnSync } from 'node:child_process'
import { mkdir, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { connect } from 'node:tls'
import WebSocket from 'ws'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { newStateFolder, remove, testLog } from '../testing/in-process.ts'
import { Peer } from '../testing/peer.ts'
import { download, exchange } from './https.ts'
import { SiteServer, type SiteLine, type SiteOptions } from './site.ts'
import { openSiteAuthority } from './site-certificates.ts'

/** Needs a mount of its own: in a user's shell and in narrow containers there is none. */
const mayMount = process.getuid?.() === 0 && spawnSync('unshare', ['-m', 'mount', '-t', 'tmpfs', 'none', '/mnt']).status === 0
if (!mayMount) process.stderr.write('skipped, a site server on a full disk: nothing can be mounted here\n')

let folder: string
let peer: Peer
const open: { stop(): Promise<void> }[] = []
beforeEach(async () => {
  folder = await newStateFolder()
  peer = await Peer.start()
})
afterEach(async () => {
  await Promise.all(open.splice(0).map((site) => site.stop()))
  await peer.close()
  await remove(folder)
})

async function aSite(options: Partial<SiteOptions> = {}): Promise<SiteServer> {
  const upstream = () => ({ server: peer.url, ca: peer.certificates.ca, proxy: null })
  const site = await SiteServer.start({ stateFolder: folder, log: testLog, isOn: true, host: '127.0.0.1', port: 0, upstream, ...options })
  open.push(site)
  return site
}

/** Vigie's end of the line, as seen by the site server. */
class Line implements SiteLine {
  readonly said: any[] = []
  buffered = 0
  renewed = 0
  #sent: (() => void)[] = []
  bufferedBytes = () => this.buffered
  send(text: string, onSent?: () => void): void {
    this.said.push(JSON.parse(text))
    if (onSent) this.#sent.push(onSent)
  }
  renew(): void {
    this.renewed++
  }
  drain(): void {
    this.buffered = 0
    for (const sent of this.#sent.splice(0)) sent()
  }
  of(kind: string): any[] {
    return this.said.filter((frame) => frame.kind === kind)
  }
}

const until = async (condition: () => boolean, what: string): Promise<void> => {
  const end = performance.now() + 10_000
  while (!condition()) {
    if (performance.now() > end) throw new Error(`did not happen: ${what}`)
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
}

async function endpoint(site: SiteServer): Promise<{ socket: WebSocket; heard: any[]; closed: Promise<number> }> {
  const { certificate } = await openSiteAuthority(folder, new Date())
  const socket = new WebSocket(`wss://127.0.0.1:${site.port}/agent/v1/channel`, { ca: certificate })
  const heard: any[] = []
  socket.on('message', (data) => heard.push(JSON.parse(String(data))))
  const closed = new Promise<number>((resolve) => socket.once('close', resolve))
  await new Promise<void>((resolve, reject) => {
    socket.once('open', resolve)
    socket.once('error', reject)
  })
  return { socket, heard, closed }
}

describe('the site server’s own certificate (AGT-8, R29)', () => {
  it('is made once and kept; its leaf is by it, for these names and addresses, and a TLS client that trusts it alone connects', async () => {
    const site = await aSite()
    const first = await openSiteAuthority(folder, new Date())
    const again = await openSiteAuthority(folder, new Date())
    expect(again.certificate).toBe(first.certificate)
    const ca = new X509Certificate(first.certificate)
    expect([ca.ca, ca.verify(ca.publicKey), first.fingerprint]).toEqual([true, true, createHash('sha256').update(ca.raw).digest('hex')])
    expect(site.caFingerprint).toBe(first.fingerprint)
    const leaf = new X509Certificate(first.issue(['192.0.2.9', 'fd00::7:1', '::ffff:192.0.2.1', 'site.example'], new Date()).cert)
    expect([leaf.ca, leaf.verify(ca.publicKey), leaf.checkIssued(ca)]).toEqual([false, true, true])
    expect([leaf.checkIP('192.0.2.9'), leaf.checkIP('fd00::7:1'), leaf.checkHost('site.example'), leaf.checkHost('other.example')]).toEqual(
      ['192.0.2.9', 'fd00::7:1', 'site.example', undefined],
    )
    const socket = connect({ host: '127.0.0.1', port: site.port!, ca: first.certificate })
    await new Promise<void>((resolve, reject) => {
      socket.once('secureConnect', resolve)
      socket.once('error', reject)
    })
    expect(socket.authorized).toBe(true)
    socket.destroy()
  })

  it('a taken port is told with its cause, and a switched-off one listens nowhere (R13)', async () => {
    const first = await aSite()
    const line = new Line()
    const second = await aSite({ port: first.port! })
    second.attach(line)
    expect([second.port, second.problem, line.of('via-site')[0]]).toMatchObject([null, 'port-taken', { urls: [], problem: 'port-taken' }])
    const off = await aSite({ isOn: false })
    expect([off.port, off.problem, off.urls]).toEqual([null, 'switched-off', []])
    first.attach(line)
    expect(line.of('via-site').at(-1)).toEqual({
      kind: 'via-site',
      urls: [`https://127.0.0.1:${first.port}`],
      caFingerprint: first.caFingerprint,
      problem: null,
    })
  })
})

describe('routes (AGT-8, R18, R20)', () => {
  it('each endpoint gets a number of its own; what it says goes up as it is, what it is told comes down to it alone', async () => {
    const site = await aSite()
    const line = new Line()
    site.attach(line)
    const [one, two] = [await endpoint(site), await endpoint(site)]
    await until(() => line.of('via-open').length === 2, 'two routes')
    expect(line.of('via-open').map(({ route, address }) => [route, address])).toEqual([
      [1, '127.0.0.1'],
      [2, '127.0.0.1'],
    ])
    one.socket.send('{"kind":"hello", "x": [1.0]}')
    await until(() => line.of('via').length === 1, 'the frame')
    expect(line.of('via')[0]).toEqual({ kind: 'via', route: 1, frame: { kind: 'hello', x: [1] } })
    site.onFrame({ kind: 'via', route: 2, frame: { kind: 'ack', seq: 5 } })
    await until(() => two.heard.length === 1, 'the answer')
    expect([one.heard, two.heard]).toEqual([[], [{ kind: 'ack', seq: 5 }]])
    site.onFrame({ kind: 'via-end', route: 2 })
    await two.closed
    one.socket.terminate()
    await until(() => line.of('via-end').length === 1, 'the end of the first')
    expect(line.of('via-end')).toEqual([{ kind: 'via-end', route: 1 }])
    const third = await endpoint(site)
    await until(() => line.of('via-open').length === 3, 'a third route')
    expect(line.of('via-open')[2].route).toBe(3)
    third.socket.terminate()
  })

  it.each([
    ['no JSON', 'x"},"y":{'],
    ['JSON that would close our own frame', '{"kind":"beat"}},{"kind":"via"'],
    ['no object', '7'],
  ])('a hostile endpoint (%s) is cut and reaches nobody else', async (_, text) => {
    const site = await aSite()
    const line = new Line()
    site.attach(line)
    const [bad, good] = [await endpoint(site), await endpoint(site)]
    bad.socket.send(text)
    expect(await bad.closed).toBe(1008)
    good.socket.send('{"kind":"hello"}')
    await until(() => line.of('via').length === 1, 'the good one')
    expect(line.of('via')[0].route).toBe(2)
  })

  it('a frame too large, or in binary, ends its own connection only', async () => {
    const site = await aSite()
    site.attach(new Line())
    const [large, binary, good] = [await endpoint(site), await endpoint(site), await endpoint(site)]
    large.socket.send(JSON.stringify({ kind: 'batch', x: 'a'.repeat(1_048_576) }))
    binary.socket.send(Buffer.from('{"kind":"hello"}'))
    expect([await large.closed, await binary.closed]).toEqual([1009, 1008])
    await until(() => site.routes === 1, 'both are gone')
    expect(good.socket.readyState).toBe(WebSocket.OPEN)
  })

  it('the line up is full: who talks is not read for a while, nothing is kept meanwhile, and all goes on', async () => {
    const site = await aSite()
    const line = new Line()
    site.attach(line)
    const one = await endpoint(site)
    line.buffered = 5_000_000
    one.socket.send('{"kind":"a"}')
    await until(() => line.of('via').length === 1, 'the first')
    for (let i = 0; i < 50; i++) one.socket.send(JSON.stringify({ kind: 'b', text: 'x'.repeat(100_000) }))
    await new Promise((resolve) => setTimeout(resolve, 200))
    expect(line.of('via').length).toBeLessThan(5)
    line.drain()
    await until(() => {
      line.drain()
      return line.of('via').length === 51
    }, 'all of it')
  })

  it('says with its beats what it holds back of what endpoints told, since when, and once more when it is gone (AGT-8)', async () => {
    const site = await aSite({ timing: { beatMs: 20 } })
    const line = new Line()
    site.attach(line)
    await until(() => line.of('via-beats').length > 0, 'its first word')
    expect(line.of('via-beats')[0].held).toEqual({ records: 0, bytes: 0, oldestMs: 0 })
    const one = await endpoint(site)
    const batch = (items: number) =>
      JSON.stringify({ kind: 'batch', epoch: 'e', firstSeq: 1, items: Array.from({ length: items }, () => ({})) })
    for (const said of [batch(3), '{"kind":"hello"}', batch(4)]) one.socket.send(said)
    const last = () => line.of('via-beats').at(-1).held
    await until(() => last().records === 7, 'all that is held')
    expect(last().bytes).toBe(batch(3).length + batch(4).length)
    const { oldestMs } = last()
    await until(() => last().oldestMs > oldestMs, 'it gets older')
    line.drain()
    await until(() => last().records === 0, 'passed on')
    expect(last()).toEqual({ records: 0, bytes: 0, oldestMs: 0 })
    expect(site.held.records).toBe(0)
    one.socket.send(batch(2))
    await until(() => site.held.records === 2, 'the next')
    site.detach()
    expect(site.held.records).toBe(0)
  })

  it('an endpoint that does not read is cut; the others hear on', async () => {
    const site = await aSite()
    const line = new Line()
    site.attach(line)
    const [slow, good] = [await endpoint(site), await endpoint(site)]
    slow.socket.pause()
    const frame = { kind: 'x', text: 'y'.repeat(500_000) }
    for (let i = 0; i < 60 && site.cut === 0; i++) {
      site.onFrame({ kind: 'via', route: 1, frame })
      await new Promise((resolve) => setTimeout(resolve, 5))
    }
    expect(site.cut).toBe(1)
    await until(() => line.of('via-end').length === 1, 'its end')
    site.onFrame({ kind: 'via', route: 2, frame: { kind: 'ack' } })
    await until(() => good.heard.length === 1, 'the other')
    slow.socket.terminate()
  })

  it('our own connection is gone: all routes end, none opens, until it is back; numbers begin anew with it', async () => {
    const site = await aSite()
    await expect(endpoint(site)).rejects.toThrow('503')
    const first = new Line()
    site.attach(first)
    const one = await endpoint(site)
    site.detach()
    expect(await one.closed).toBe(1013)
    await expect(endpoint(site)).rejects.toThrow('503')
    const second = new Line()
    site.attach(second)
    const again = await endpoint(site)
    await until(() => second.of('via-open').length === 1, 'a route')
    expect([second.of('via-open')[0].route, site.routes, first.of('via-end')]).toEqual([1, 1, []])
    again.socket.terminate()
  })

  it('beats are gathered; who fell silent is let go; whether one is there is asked of the endpoint itself (R10)', async () => {
    const site = await aSite({ timing: { beatMs: 100, silentAfterMs: 400 } })
    const line = new Line()
    site.attach(line)
    const [alive, gone] = [await endpoint(site), await endpoint(site)]
    alive.socket.send('{"kind":"beat","at":"2026-11-21T10:00:00Z"}')
    gone.socket.pause()
    await until(() => line.of('via-end').length === 1, 'the silent one is let go')
    expect([line.of('via-end')[0].route, line.of('via')]).toEqual([2, []])
    expect(line.of('via-beats').at(-1)).toMatchObject({ kind: 'via-beats', routes: [1] })
    site.onFrame({ kind: 'via-ask', route: 1 })
    await until(() => line.of('via-alive').length === 1, 'its answer')
    site.onFrame({ kind: 'via-ask', route: 2 })
    gone.socket.terminate()
    alive.socket.terminate()
  })
})

describe('pages (AGT-1, R1)', () => {
  const get = async (site: SiteServer, path: string) => {
    const { exchange } = await import('./https.ts')
    const { certificate } = await openSiteAuthority(folder, new Date())
    return await exchange(new URL(`https://127.0.0.1:${site.port}${path}`), { method: 'GET', ca: certificate }, null)
  }

  it('passes releases on, document and package, byte for byte, and no other path (R17)', async () => {
    const site = await aSite()
    const { certificate } = await openSiteAuthority(folder, new Date())
    const bytes = randomBytes(300_000)
    peer.pages.set('/agent/v1/releases/root/2', '{"a":1}')
    peer.pages.set('/agent/v1/releases/1.2.0', '{"b":2}')
    peer.pages.set('/agent/v1/releases/1.2.0/linux-x64', bytes)
    peer.pages.set('/agent/v1/releases/1.2.0/else', 'x')
    const at = (path: string) => new URL(path, `https://127.0.0.1:${site.port}`)
    const ask = (path: string) => exchange(at(path), { method: 'GET', ca: certificate }, null)
    expect([(await ask('/agent/v1/releases/root/2')).body, (await ask('/agent/v1/releases/1.2.0')).body]).toEqual(['{"a":1}', '{"b":2}'])
    const chunks: Uint8Array[] = []
    for await (const chunk of await download(
      at('/agent/v1/releases/1.2.0/linux-x64'),
      { ca: certificate, signal: AbortSignal.timeout(10_000) },
      null,
    ))
      chunks.push(chunk)
    expect(Buffer.concat(chunks).equals(bytes)).toBe(true)
    for (const path of [
      '/agent/v1/releases/1.2.0/else',
      '/agent/v1/releases/1.2',
      '/agent/v1/releases/../enrol',
      '/agent/v1/releases/root/2?x',
    ])
      expect((await ask(path)).status, path).toBe(404)
    expect((await ask('/agent/v1/releases/9.9.9')).status).toBe(404) // the server has none
  })

  // a small disk of its own for what it keeps: as full as wanted, and gone afterwards
  it.skipIf(!mayMount)(
    'its disk is full: no package is kept and none half there, its endpoints’ connections go on; room again, and it is passed on (issue 3, bad days)',
    async () => {
      const site = await aSite()
      const line = new Line()
      site.attach(line)
      const own = await endpoint(site)
      const bytes = randomBytes(200_000)
      peer.pages.set('/agent/v1/install.sh', `package_sha256=${createHash('sha256').update(bytes).digest('hex')}\n`)
      peer.pages.set('/agent/v1/download/linux-x64', bytes)
      const packages = join(folder, 'site/packages')
      await mkdir(packages, { recursive: true })
      execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=64k', 'none', packages])
      try {
        expect((await get(site, '/agent/v1/download/linux-x64')).status).toBe(503)
        expect(await readdir(packages)).toEqual([])
        own.socket.send(JSON.stringify({ kind: 'beat', at: 'now' }))
        own.socket.send(JSON.stringify({ kind: 'hello', about: 'still here' }))
        await until(() => line.of('via').some(({ frame }) => frame.about === 'still here'), 'the endpoint is heard')
        execFileSync('mount', ['-o', 'remount,size=1m', packages])
        expect((await get(site, '/agent/v1/download/linux-x64')).status).toBe(200)
        expect(await readdir(packages)).toEqual([createHash('sha256').update(bytes).digest('hex')])
      } finally {
        execFileSync('umount', ['-l', packages])
        own.socket.terminate()
      }
    },
  )

  it('passes on both kinds of machines’ packages and their digests, keeps each once, and drops what is old (AGT-1)', async () => {
    const site = await aSite()
    const sha256 = (text: string) => createHash('sha256').update(text).digest('hex')
    const offer = (x64: string, arm64: string | null) => {
      peer.pages.set('/agent/v1/install.sh', `package_sha256=${sha256(x64)}\npackage_sha256_arm64=${arm64 === null ? '' : sha256(arm64)}\n`)
      peer.pages.set('/agent/v1/download/linux-x64', x64)
      peer.pages.set('/agent/v1/download/linux-arm64', arm64 ?? '')
    }
    const asked = async (arch: string) =>
      await get(site, `/agent/v1/download/linux-${arch}`).then(({ status, body }) => (status === 200 ? body : status))
    offer('x64 one', null)
    expect([await asked('x64'), await asked('arm64')]).toEqual(['x64 one', 404])
    offer('x64 two', 'arm64 two')
    expect((await get(site, '/agent/v1/install.sh')).body).toContain(
      `package_sha256=${sha256('x64 two')}\npackage_sha256_arm64=${sha256('arm64 two')}\n`,
    )
    for (let i = 0; i < 2; i++) expect([await asked('arm64'), await asked('x64')]).toEqual(['arm64 two', 'x64 two'])
    expect((await readdir(join(folder, 'site/packages'))).sort()).toEqual([sha256('arm64 two'), sha256('x64 two')].sort())
    expect(peer.asked.filter((path) => path === '/agent/v1/download/linux-arm64')).toHaveLength(1)
  })

  it('gives its own certificate; what is not among its pages does not exist', async () => {
    const site = await aSite()
    expect((await get(site, '/agent/v1/ca.pem')).body).toBe((await openSiteAuthority(folder, new Date())).certificate)
    for (const path of ['/', '/agent/v1/channel', '/agent/v1/download/../../identity.json', '/site/authority.json', '//agent/v1/ca.pem'])
      expect((await get(site, path)).status, path).toBe(404)
    expect((await get(site, '/agent/v1/install.sh')).status).toBe(503) // this peer has no package
  })
})
