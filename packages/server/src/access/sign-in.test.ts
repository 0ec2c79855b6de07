import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { testServer, type TestServer } from '../platform/testing/server.ts'

let server: TestServer
beforeAll(async () => void (server = await testServer()))
afterAll(() => server.close())

const firstRun = {
  businessName: 'Vigie Operations',
  email: 'Ada@Example.com',
  password: 'a long enough phrase 71',
  firstName: 'Ada',
  lastName: 'Byron',
  locale: 'fr',
  timeZone: 'Europe/Paris',
}
const cookieOf = (headers: Record<string, unknown>) => /vigie-session=([^;]+)/.exec(String(headers['set-cookie']))?.[1]
const call = async (method: string, path: string, body?: unknown, token?: string) => {
  const answer = await server.http.inject({
    method: method as 'GET',
    url: `/api${path}`,
    cookies: token ? { 'vigie-session': token } : {},
    headers: body === undefined ? {} : { 'content-type': 'application/json' },
    payload: body === undefined ? '' : JSON.stringify(body),
  })
  return { status: answer.statusCode, body: answer.json(), token: cookieOf(answer.headers) }
}

describe('first run (R8, ACC-4)', () => {
  it('sets up with the printed token only, signs in at once, and is gone afterwards', async () => {
    const token = server.services.setupToken!
    expect((await call('GET', '/v1/setup')).body).toEqual({ isNeeded: true })
    expect((await call('POST', '/v1/setup', { ...firstRun, token: 'x'.repeat(43) })).body.code).toBe('setup.token-wrong')
    const done = await call('POST', '/v1/setup', { ...firstRun, token })
    expect(done).toMatchObject({ status: 200, body: { state: 'full' } })
    const { body: me } = await call('GET', '/v1/session', undefined, done.token)
    expect(me).toMatchObject({
      state: 'full',
      account: { email: 'ada@example.com', isPrimary: true, role: 'owner', scope: null },
      business: { kind: 'operator', name: 'Vigie Operations' },
    })
    for (const body of [undefined, {}, { ...firstRun, token }]) expect((await call('POST', '/v1/setup', body)).status).toBe(404)
    expect((await call('GET', '/v1/setup')).body).toEqual((await call('GET', '/v1/never-was')).body)
  })
})

describe('sign-in (R30, R32)', () => {
  it('gives a new session with the right password and takes it away at sign-out', async () => {
    const { status, token } = await call('POST', '/v1/session', { email: 'ADA@example.com', password: firstRun.password })
    expect(status).toBe(200)
    expect((await call('GET', '/v1/session', undefined, token)).status).toBe(200)
    expect((await call('DELETE', '/v1/session', undefined, token)).status).toBe(200)
    expect((await call('GET', '/v1/session', undefined, token)).status).toBe(401)
  })
})
