import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { gzipSync } from 'node:zlib'
import type { FastifyInstance } from 'fastify'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { testServer, type TestServer } from '../testing/server.ts'
import { createHttp } from './index.ts'

let server: TestServer
let http: FastifyInstance
const folder = mkdtempSync(path.join(tmpdir(), 'vigie-console-'))
const forever = 'public, max-age=31536000, immutable'
const page = '<!doctype html><title>Vigie</title>'
beforeAll(async () => {
  writeFileSync(path.join(folder, 'index.html'), page)
  writeFileSync(path.join(folder, 'index.html.gz'), gzipSync(page))
  mkdirSync(path.join(folder, 'assets'))
  for (const file of ['mark.svg', 'first-paint.js', 'assets/index-Bx1.js'])
    for (const [end, text] of [
      ['', '1'],
      ['.gz', gzipSync('1')],
    ] as const)
      writeFileSync(path.join(folder, file + end), text)
  server = await testServer()
  http = await createHttp({
    services: {
      ...server.services,
      actorOf: async () => {
        throw new Error('nobody')
      },
    },
    consoleFolder: folder,
    trustedProxies: [],
    onRefusal: async () => {},
    isReady: async () => true,
    handlers: [],
  })
})
afterAll(async () => {
  await http.close()
  await server.close()
  rmSync(folder, { recursive: true })
})

const ask = (url: string, accept: string, encoding: string) =>
  http.inject({ method: 'GET', url, headers: { accept, 'accept-encoding': encoding } })

it.each(['identity', 'gzip', 'gzip, deflate, br'])(
  'the console’s first page is there for a person and for a monitor, packed or not: %s (OPS-3)',
  async (encoding) => {
    for (const accept of ['text/html', '*/*']) {
      const { statusCode, headers } = await ask('/', accept, encoding)
      expect([statusCode, headers['content-type'], headers['cache-control'], headers['content-encoding'] ?? 'identity']).toEqual([
        200,
        'text/html; charset=utf-8',
        'no-cache',
        encoding === 'identity' ? 'identity' : 'gzip',
      ])
    }
  },
)

it('an address of the console is its page; an unknown one of the API, or asked for by a program, is none', async () => {
  expect((await ask('/customers/1', 'text/html', 'identity')).body).toBe(page)
  expect((await ask('/api/v1/nothing', 'text/html', 'identity')).statusCode).toBe(404)
  expect((await ask('/nothing.js', '*/*', 'identity')).statusCode).toBe(404)
})

it.each(['identity', 'gzip'])(
  'only what has its content’s hash in its address is kept by browsers; a page is asked for again, or it would outlive its server’s upgrade: %s (OPS-2)',
  async (encoding) => {
    const kept = async (url: string) => (await ask(url, '*/*', encoding)).headers['cache-control']
    expect(await Promise.all(['/index.html', '/mark.svg', '/assets/index-Bx1.js', '/first-paint.js?0a1b'].map(kept))).toEqual([
      'no-cache',
      'no-cache',
      forever,
      forever,
    ])
    expect((await ask('/events', 'text/html', encoding)).headers['cache-control']).toBe('no-cache')
  },
)
