import { createHash } from 'node:crypto'
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net'

export interface TestProxyOptions {
  protocol: 'http' | 'socks5'
  asks: 'none' | 'basic' | 'digest-md5' | 'digest-sha-256'
  user: string
  password: string
}

/** A proxy written from the RFCs, apart from the agent's own code: it checks sign-ins itself. */
export class TestProxy {
  tunnels = 0
  mood: 'good' | 'denies' | 'no-way' | 'nonsense' | 'hangs-up' = 'good'
  /** Ports it came from when it went on to the server. */
  readonly outPorts = new Set<number>()
  readonly authorizations: string[] = []
  readonly #options: TestProxyOptions
  readonly #sockets = new Set<Socket>()
  readonly #nonce = 'n/o=nce,"1'
  #server!: Server
  #elsewhere: number | null = null

  private constructor(options: TestProxyOptions) {
    this.#options = options
  }

  /** @param at where it listens, in a network of its own perhaps */
  static async start(options: TestProxyOptions, at: { host: string; port: number } = { host: '127.0.0.1', port: 0 }): Promise<TestProxy> {
    const proxy = new TestProxy(options)
    proxy.#server = createServer((socket) => proxy.#serve(socket))
    await new Promise<void>((resolve) => proxy.#server.listen(at.port, at.host, resolve))
    return proxy
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port
  }

  /** Whatever it is asked for, it goes to this port. */
  leadTo(port: number): void {
    this.#elsewhere = port
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy()
    await new Promise((resolve) => this.#server.close(resolve))
  }

  #serve(socket: Socket): void {
    this.#sockets.add(socket)
    socket.on('error', () => {})
    socket.on('close', () => this.#sockets.delete(socket))
    const reader = read(socket)
    void (this.#options.protocol === 'http' ? this.#http(socket, reader) : this.#socks(socket, reader)).catch(() => socket.destroy())
  }

  async #http(socket: Socket, { until, rest }: Reader): Promise<void> {
    const head = (await until((bytes) => (bytes.includes('\r\n\r\n') ? bytes.indexOf('\r\n\r\n') + 4 : null))).toString('latin1')
    const [, host = '', port = ''] = /^CONNECT (\S+):(\d+) HTTP\/1\.1\r\n/.exec(head) ?? []
    const authorization = /^Proxy-Authorization: (.*)\r$/im.exec(head)?.[1] ?? null
    if (authorization) this.authorizations.push(authorization)
    if (!this.#isSignedIn(authorization, `${host}:${port}`))
      return void socket.end(`HTTP/1.1 407 Proxy Authentication Required\r\n${this.#challenge()}Content-Length: 2\r\n\r\nno`)
    if (this.mood === 'denies') return void socket.end('HTTP/1.1 403 Forbidden\r\n\r\n')
    if (this.mood === 'no-way') return void socket.end('HTTP/1.1 502 Bad Gateway\r\n\r\n')
    if (this.mood === 'nonsense') return void socket.end('220 mail.example ESMTP\r\n\r\n')
    if (this.mood === 'hangs-up') return void socket.destroy()
    await this.#tunnel(socket, host, Number(port), rest, () => socket.write('HTTP/1.1 200 Connection established\r\nVia: test\r\n\r\n'))
  }

  #challenge(): string {
    const { asks } = this.#options
    const digest = (algorithm: string) =>
      `Proxy-Authenticate: Digest realm="a \\"realm\\"", qop="auth,auth-int", algorithm=${algorithm}, nonce="${this.#nonce.replaceAll('"', '\\"')}", opaque="o"\r\n`
    if (asks === 'digest-md5') return `${digest('MD5')}Proxy-Authenticate: Basic realm="x"\r\n`
    return asks === 'digest-sha-256' ? digest('SHA-256') + digest('MD5') : 'proxy-authenticate: Basic realm="x", charset="UTF-8"\r\n'
  }

  #isSignedIn(authorization: string | null, uri: string): boolean {
    const { asks, user, password } = this.#options
    if (asks === 'none') return true
    if (authorization === null) return false
    if (asks === 'basic') return authorization === `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`
    const field = (name: string) =>
      new RegExp(`[ ,]${name}=(?:"((?:[^"\\\\]|\\\\.)*)"|([^,]+))`)
        .exec(authorization)
        ?.slice(1)
        .find((part) => part !== undefined)
        ?.replaceAll(/\\(.)/g, '$1') ?? ''
    const hash = (text: string) =>
      createHash(asks === 'digest-md5' ? 'md5' : 'sha256')
        .update(text)
        .digest('hex')
    const expected = hash(
      [hash(`${user}:a "realm":${password}`), this.#nonce, field('nc'), field('cnonce'), 'auth', hash(`CONNECT:${uri}`)].join(':'),
    )
    return field('response') === expected && field('uri') === uri && field('nonce') === this.#nonce && field('opaque') === 'o'
  }

  async #socks(socket: Socket, { until, rest }: Reader): Promise<void> {
    const [, count = 0] = await until((bytes) => (bytes.length >= 2 ? 2 : null))
    const methods = await until((bytes) => (bytes.length >= count ? count : null))
    const { asks, user, password } = this.#options
    const method = asks === 'none' ? 0 : 2
    if (this.mood === 'nonsense') return void socket.end('HTTP/1.1 400 Bad Request\r\n\r\n')
    if (this.mood === 'hangs-up') return void socket.destroy()
    if (!methods.includes(method)) return void socket.end(Buffer.from([5, 255]))
    socket.write(Buffer.from([5, method]))
    if (method === 2) {
      const name = await word(until, 1)
      const secret = await word(until, 0)
      const isRight = name === user && secret === password
      this.authorizations.push(name)
      socket.write(Buffer.from([1, isRight ? 0 : 1]))
      if (!isRight) return void socket.end()
    }
    const [, , , kind] = await until((bytes) => (bytes.length >= 4 ? 4 : null))
    const host = kind === 1 ? [...(await until((bytes) => (bytes.length >= 4 ? 4 : null)))].join('.') : await word(until, 0)
    const port = (await until((bytes) => (bytes.length >= 2 ? 2 : null))).readUInt16BE()
    const reply = (code: number) => socket.write(Buffer.from([5, code, 0, 1, 0, 0, 0, 0, 0, 0]))
    if (this.mood === 'denies') return void reply(2)
    if (this.mood === 'no-way') return void reply(5)
    await this.#tunnel(socket, host, port, rest, () => reply(0))
  }

  async #tunnel(socket: Socket, host: string, port: number, rest: () => Buffer, answer: () => void): Promise<void> {
    const out = connect(this.#elsewhere ?? port, host)
    this.#sockets.add(out)
    out.on('error', () => socket.destroy())
    await new Promise<void>((resolve) => out.once('connect', resolve))
    this.tunnels++
    this.outPorts.add(out.localPort!)
    answer()
    out.write(rest())
    socket.on('close', () => out.destroy())
    out.on('close', () => socket.destroy())
    socket.pipe(out).pipe(socket)
  }
}

interface Reader {
  until(lengthOf: (bytes: Buffer) => number | null): Promise<Buffer>
  rest(): Buffer
}

function read(socket: Socket): Reader {
  let bytes: Buffer = Buffer.alloc(0)
  let wake = () => {}
  const onData = (chunk: Buffer) => {
    bytes = Buffer.concat([bytes, chunk])
    wake()
  }
  socket.on('data', onData)
  return {
    async until(lengthOf) {
      for (;;) {
        const length = lengthOf(bytes)
        if (length !== null) {
          const found = bytes.subarray(0, length)
          bytes = bytes.subarray(length)
          return found
        }
        await new Promise<void>((resolve) => (wake = resolve))
      }
    },
    rest() {
      socket.off('data', onData)
      return bytes
    },
  }
}

/** A length and so many bytes, after `skip` others. */
async function word(until: Reader['until'], skip: number): Promise<string> {
  const length = (await until((bytes) => (bytes.length > skip ? skip + 1 : null)))[skip]!
  return (await until((bytes) => (bytes.length >= length ? length : null))).toString()
}
