import { createServer, connect, type AddressInfo, type Server, type Socket } from 'node:net'
import { stat, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { testCertificates } from '../testing/certificates.ts'
import { aMachine, enrolled, newStateFolder, remove, started } from '../testing/in-process.ts'
import { Peer } from '../testing/peer.ts'
import { TestProxy } from '../testing/proxy.ts'
import { enrol } from './enrol.ts'
import { probe } from './probe.ts'
import { digest, type Proxy } from './proxy.ts'
import { loadProxy, parseProxy, proxyAddress, saveProxy } from './proxy-store.ts'

let peer: Peer
let folder: string
let proxy: TestProxy

beforeEach(async () => {
  peer = await Peer.start()
  folder = await newStateFolder()
})
afterEach(async () => {
  await proxy?.close()
  await peer.close()
  await remove(folder)
})

const request = (through: Proxy) => ({
  stateFolder: folder,
  server: peer.url,
  guid: peer.guid,
  key: peer.key,
  caSha256: peer.certificates.caSha256,
  machine: aMachine('one'),
  proxy: through,
})

const ways = [
  ['HTTP', { protocol: 'http', asks: 'none' }],
  ['HTTP, basic sign-in', { protocol: 'http', asks: 'basic' }],
  ['HTTP, digest sign-in (MD5)', { protocol: 'http', asks: 'digest-md5' }],
  ['HTTP, digest sign-in (SHA-256)', { protocol: 'http', asks: 'digest-sha-256' }],
  ['SOCKS5', { protocol: 'socks5', asks: 'none' }],
  ['SOCKS5, user and password', { protocol: 'socks5', asks: 'basic' }],
] as const
type Way = (typeof ways)[number][1]
const user = 'näme "x"'
const password = 'sécret:\\"'
/** A proxy of that kind runs; what comes back is the way through it. */
async function opened({ protocol, asks }: Way): Promise<Proxy> {
  const isOpen = asks === 'none'
  proxy = await TestProxy.start({ protocol, asks, user: isOpen ? '' : user, password })
  return { protocol, host: '127.0.0.1', port: proxy.port, user: isOpen ? null : user, auth: 'auto', password: isOpen ? '' : password }
}

describe.each(ways)('through a proxy: %s (AGT-5)', (_, way) => {
  let through: Proxy
  beforeEach(async () => {
    through = await opened(way)
  })

  it('enrols, keeps a channel, and goes no other way; the pin holds end to end (R29)', async () => {
    await enrol(request(through))
    await saveProxy(folder, through)
    const agent = await started(folder)
    try {
      await peer.until(() => peer.of('endpoint').length > 0, 'endpoint told')
      expect(proxy.tunnels).toBe(3) // CA, enrolment, channel
      expect(peer.remotePorts.every((port) => proxy.outPorts.has(port))).toBe(true)
    } finally {
      await agent.stop()
    }
  })

  it('the connection test names each leg', async () => {
    const { results, isGood } = await probe(peer.url, peer.certificates.ca, through)
    expect([isGood, results.map(({ step }) => step)]).toEqual([
      true,
      ['proxy-name', 'proxy', 'proxy-tunnel', 'certificate', 'answer', 'channel', 'clock'],
    ])
  })

  it('a stranger behind the proxy is not trusted: nothing is sent', async () => {
    const stranger = await Peer.start(await testCertificates())
    try {
      proxy.leadTo(Number(new URL(stranger.url).port))
      await expect(enrol(request(through))).rejects.toMatchObject({ reason: 'ca-differs' })
      const { results } = await probe(peer.url, peer.certificates.ca, through)
      expect(results.at(-1)).toMatchObject({ step: 'certificate', fault: 'tls-not-trusted' })
      expect(stranger.agents.size).toBe(0)
    } finally {
      await stranger.close()
    }
  })

  it('a proxy that forbids the way, that finds nobody, that talks nonsense', async () => {
    for (const [mood, fault] of [
      ['denies', 'proxy-denied'],
      ['no-way', 'proxy-no-way'],
      ['nonsense', 'proxy-failed'],
      ['hangs-up', 'proxy-failed'],
    ] as const) {
      proxy.mood = mood
      expect((await probe(peer.url, peer.certificates.ca, through)).results.at(-1), mood).toMatchObject({ step: 'proxy-tunnel', fault })
    }
  })
})

describe.each(ways.filter(([, { asks }]) => asks !== 'none'))('a proxy that asks who it is: %s (AGT-5)', (_, way) => {
  it('a wrong password, or none: says that it is the proxy’s sign-in', async () => {
    const through = await opened(way)
    for (const wrong of [{ password: 'x' }, { user: null }]) {
      const { results } = await probe(peer.url, peer.certificates.ca, { ...through, ...wrong })
      expect(results.at(-1)).toMatchObject({ step: 'proxy-tunnel', isGood: false, fault: 'proxy-sign-in' })
    }
    await expect(enrol(request({ ...through, password: 'x' }))).rejects.toMatchObject({ reason: 'proxy-sign-in' })
    expect(proxy.tunnels).toBe(0)
  })
})

describe('the legs before the tunnel', () => {
  const to = (host: string, port: number): Proxy => ({ protocol: 'http', host, port, user: null, auth: 'auto', password: '' })

  it('no proxy there; no such name', async () => {
    expect((await probe(peer.url, peer.certificates.ca, to('127.0.0.1', 9))).results).toMatchObject([
      { step: 'proxy-name', isGood: true },
      { step: 'proxy', fault: 'proxy-refused' },
    ])
    expect((await probe(peer.url, peer.certificates.ca, to('no-such-name.invalid', 3128))).results).toMatchObject([
      { step: 'proxy-name', fault: 'proxy-name-unknown' },
    ])
  })

  it('a clock that differs is told, and stops nothing', async () => {
    peer.clockOffsetMs = 7_200_000
    const { results, isGood, clockOffsetMs } = await probe(peer.url, peer.certificates.ca)
    expect([isGood, results.at(-1)]).toMatchObject([true, { step: 'clock', isGood: false, fault: 'clock-off' }])
    expect(Math.round(clockOffsetMs! / 3_600_000)).toBe(2)
  })

  it('a basic sign-in is never sent to a proxy that asks for digest when digest was ordered', async () => {
    proxy = await TestProxy.start({ protocol: 'http', asks: 'basic', user: 'u', password: 'p' })
    const through: Proxy = { protocol: 'http', host: '127.0.0.1', port: proxy.port, user: 'u', auth: 'digest', password: 'p' }
    expect((await probe(peer.url, peer.certificates.ca, through)).results.at(-1)).toMatchObject({ fault: 'proxy-sign-in' })
    expect(proxy.authorizations).toEqual([])
  })
})

it('digest as RFC 7616 §3.9.1 reckons it', () => {
  const asked = {
    realm: 'http-auth@example.org',
    nonce: '7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v',
    qop: 'auth, auth-int',
    opaque: 'FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS',
  }
  const by = (algorithm: 'MD5' | 'SHA-256') =>
    digest(
      asked,
      algorithm,
      { user: 'Mufasa', password: 'Circle of Life' },
      '/dir/index.html',
      'GET',
      'f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ',
    )
  expect(by('MD5')).toContain('response="8ca523f5e9506fed4657c9700eebdbec"')
  expect(by('SHA-256')).toContain('response="753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1"')
})

describe('where it is kept (R13)', () => {
  const proxied: Proxy = { protocol: 'socks5', host: 'proxy.example', port: 1080, user: 'u', auth: 'auto', password: 'top secret' }

  it('the password is in a file of its own, for its owner only, and nowhere else', async () => {
    await saveProxy(folder, proxied)
    expect(await loadProxy(folder)).toEqual(proxied)
    expect(await readFile(join(folder, 'proxy.json'), 'utf8')).not.toContain('secret')
    expect((await stat(join(folder, 'proxy-secret'))).mode & 0o777).toBe(0o600)
    await saveProxy(folder, { ...proxied, user: null })
    await expect(stat(join(folder, 'proxy-secret'))).rejects.toMatchObject({ code: 'ENOENT' })
    await saveProxy(folder, null)
    expect(await loadProxy(folder)).toBeNull()
  })

  it.each([
    ['http://proxy.example:3128', 'http://proxy.example:3128'],
    ['proxy.example:3128', 'http://proxy.example:3128'],
    ['socks5://u%40x:p%3A@10.0.0.1', 'socks5://u%40x@10.0.0.1:1080'],
    ['http://[2001:db8::1]:8080/', 'http://[2001:db8::1]:8080'],
    ['https://proxy.example', null],
    ['socks4://x', null],
    ['http://', null],
    ['http://x/path', null],
    ['http://x?y', null],
    ['', null],
    ['http://x:99999', null],
  ])('%s', (text, shown) => {
    const parsed = parseProxy(text)
    expect(parsed && proxyAddress(parsed)).toBe(shown)
  })
})

it('a running agent takes another proxy at once, and goes on where it was (AGT-5, R22)', async () => {
  await enrolled(peer, folder)
  proxy = await TestProxy.start({ protocol: 'http', asks: 'none', user: '', password: '' })
  const agent = await started(folder)
  try {
    await peer.until(() => peer.of('endpoint').length > 0, 'endpoint told')
    expect(proxy.tunnels).toBe(0)
    await saveProxy(folder, { protocol: 'http', host: '127.0.0.1', port: proxy.port, user: null, auth: 'auto', password: '' })
    const { askAgent } = await import('./status.ts')
    await askAgent(folder, 'reload')
    await peer.until(() => peer.hellos.length === 2, 'second hello')
    expect(proxy.tunnels).toBe(1)
    expect(peer.faults).toEqual([])
  } finally {
    await agent.stop()
  }
})

it('bytes that come with the proxy’s answer belong to TLS and are not lost', async () => {
  const eager = await eagerProxy(Number(new URL(peer.url).port))
  const through: Proxy = {
    protocol: 'http',
    host: '127.0.0.1',
    port: (eager.address() as AddressInfo).port,
    user: null,
    auth: 'auto',
    password: '',
  }
  expect((await probe(peer.url, peer.certificates.ca, through)).isGood).toBe(true)
  eager.close()
})

/** Writes its answer byte by byte. */
function eagerProxy(port: number): Promise<Server> {
  const server = createServer((socket: Socket) => {
    socket.on('error', () => {})
    socket.once('data', () => {
      const out = connect(port, '127.0.0.1')
      out.on('error', () => {})
      for (const letter of 'HTTP/1.1 200 OK\r\nX: y\r\n\r\n') socket.write(letter)
      socket.pipe(out).pipe(socket)
    })
  })
  return new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(server)))
}
