import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { customersApi } from '@vigie/domain/customers'
import { eventsApi } from '@vigie/domain/events'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { ConsoleClient } from './client.ts'

let server: ReturnType<typeof createServer>
let client: ConsoleClient
let asked: { method: string | undefined; url: string | undefined; headers: IncomingMessage['headers']; body: string }[]
let answer: { status: number; headers?: Record<string, string | string[]>; body: string }

beforeEach(async () => {
  asked = []
  answer = { status: 200, headers: { 'content-type': 'application/json' }, body: '{"rows":[],"nextCursor":null}' }
  server = createServer((req, res) => {
    let body = ''
    req
      .on('data', (chunk: Buffer) => (body += chunk.toString()))
      .on('end', () => {
        asked.push({ method: req.method, url: req.url, headers: req.headers, body })
        res.writeHead(answer.status, answer.headers).end(answer.body)
      })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  client = new ConsoleClient(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`)
})
afterEach(() => new Promise((resolve) => server.close(resolve)))

describe('the console’s API, as the lab speaks it', () => {
  it('fills the path, sends query and body, and proves its origin (R33)', async () => {
    await client.call(eventsApi.listEvents, { query: { severity: 'warning', limit: 10 } })
    await client.call(customersApi.deleteCustomer, { params: { customerId: 'a/b' }, body: { confirmName: 'x' } })
    expect(asked[0]).toMatchObject({ method: 'GET', url: '/api/v1/events?severity=warning&limit=10' })
    expect(asked[0]!.headers.origin).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/)
    expect(asked[1]).toMatchObject({ method: 'DELETE', url: '/api/v1/customers/a%2Fb', body: '{"confirmName":"x"}' })
    expect(asked[1]!.headers['content-type']).toBe('application/json')
  })

  it('keeps its session', async () => {
    answer.headers = { ...answer.headers, 'set-cookie': ['__Host-vigie=one; Path=/; HttpOnly', 'other=two'] }
    await client.call(eventsApi.listEvents)
    await client.call(eventsApi.listEvents)
    expect(asked.map(({ headers }) => headers.cookie)).toEqual([undefined, '__Host-vigie=one; other=two'])
    expect(client.cookies()).toContainEqual({ name: '__Host-vigie', value: 'one' })
  })

  it('a refusal says route, status, code and fields', async () => {
    answer = {
      status: 400,
      headers: { 'content-type': 'application/problem+json' },
      body: '{"code":"request.invalid","fields":[{"path":"limit","code":"too-large"}]}',
    }
    await expect(client.call(eventsApi.listEvents)).rejects.toMatchObject({
      status: 400,
      code: 'request.invalid',
      message: expect.stringMatching(/^events\.list: 400 request\.invalid .*too-large/) as string,
    })
  })
})
