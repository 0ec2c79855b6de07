import type { IncomingMessage, ServerResponse } from 'node:http'
import { createServer, request, type Server } from 'node:https'
import type { AddressInfo, Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { connect } from 'node:tls'
import type { TestCertificates } from './certificates.ts'

/**
 * Something between agent and server that ends TLS (with a certificate of the installation's own) and speaks HTTP: a balancer, an inspecting gateway. What it does to WebSockets is its mood:
 * `strips`: takes the upgrade for a plain GET, and hands on what the server says to that. `answers`: says so itself. `cuts`: hangs up. `silent`: upgrades, then lets nothing through.
 */
export class Middlebox {
  mood: 'strips' | 'cuts' | 'silent' | 'passes' | { answers: number } = 'strips'
  /** Requests are answered with 504 after this long. */
  cutsAfterMs = Infinity
  upgrades = 0
  requests = 0
  readonly #server: Server
  readonly #sockets = new Set<Duplex>()
  readonly #to: () => { port: number; ca: string }

  private constructor({ cert, key }: TestCertificates, to: () => { port: number; ca: string }) {
    this.#to = to
    this.#server = createServer({ cert, key }, (req, res) => this.#forward(req, res))
    this.#server.on('upgrade', (req, socket, head) => this.#upgrade(req, socket as Socket, head))
  }

  static async start(certificates: TestCertificates, to: () => { port: number; ca: string }): Promise<Middlebox> {
    const box = new Middlebox(certificates, to)
    await new Promise<void>((resolve) => box.#server.listen(0, '127.0.0.1', resolve))
    return box
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port
  }
  get url(): string {
    return `https://127.0.0.1:${this.port}`
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy()
    this.#server.closeAllConnections()
    await new Promise((resolve) => this.#server.close(resolve))
  }

  #forward(req: IncomingMessage, res: ServerResponse): void {
    this.requests++
    const { upgrade: _, connection: __, ...headers } = req.headers
    const on = request({ host: '127.0.0.1', ...this.#to(), method: req.method, path: req.url, headers, agent: false }, (answer) => {
      if (res.headersSent) return void answer.resume()
      const { connection: ___, 'keep-alive': ____, ...own } = answer.headers
      res.writeHead(answer.statusCode ?? 502, own)
      answer.pipe(res)
    })
    const timer = Number.isFinite(this.cutsAfterMs)
      ? setTimeout(() => {
          if (!res.headersSent) res.writeHead(504).end('<html>gateway timeout</html>')
          on.destroy()
        }, this.cutsAfterMs)
      : undefined
    on.on('error', () => (res.headersSent ? undefined : res.writeHead(502).end('<html>bad gateway</html>')))
    on.on('close', () => clearTimeout(timer))
    res.on('close', () => on.destroy())
    req.pipe(on)
  }

  #upgrade(req: IncomingMessage, socket: Duplex, head: Buffer): void {
    this.upgrades++
    this.#keep(socket)
    const { mood } = this
    if (mood === 'cuts') return void socket.destroy()
    if (typeof mood === 'object') return void socket.end(`HTTP/1.1 ${mood.answers} No\r\ncontent-length: 2\r\nconnection: close\r\n\r\nno`)
    const on = connect({ host: '127.0.0.1', ...this.#to() })
    this.#keep(on)
    on.on('close', () => socket.destroy())
    socket.on('close', () => on.destroy())
    const headers = Object.entries(req.headers).filter(
      ([name]) => mood !== 'strips' || !/^(upgrade|connection|sec-websocket-.*)$/.test(name),
    )
    on.write(
      `GET ${req.url} HTTP/1.1\r\n${headers.map(([name, value]) => `${name}: ${String(value)}\r\n`).join('')}${mood === 'strips' ? 'connection: close\r\n' : ''}\r\n`,
    )
    on.write(head)
    if (mood !== 'silent') return void socket.pipe(on).pipe(socket)
    on.once('data', (answer: Buffer) => socket.write(answer.subarray(0, answer.indexOf('\r\n\r\n') + 4))) // the server's 101, and nothing after it
    socket.resume()
  }

  #keep(socket: Duplex): void {
    this.#sockets.add(socket)
    socket.on('error', () => {})
    socket.on('close', () => this.#sockets.delete(socket))
  }
}
