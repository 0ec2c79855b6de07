import type { TestServer } from '../../platform/testing/server.ts'
import { hashPassword } from '../passwords.ts'

export const password = 'a long enough phrase 71'
let hash: Promise<string> | undefined
/** Hashing is dear: once a test file. */
export const passwordHash = () => (hash ??= hashPassword(password))

/** A browser's cookie jar over the real routes: what it is given at sign-in it sends along. */
export function aBrowser(server: Pick<TestServer, 'http'>) {
  let cookie: string | undefined
  const call = async (method: string, path: string, body?: unknown, headers: Record<string, string> = {}) => {
    const answer = await server.http.inject({
      method: method as 'GET',
      url: `/api${path}`,
      cookies: cookie === undefined ? {} : { 'vigie-session': cookie },
      headers: { ...(body === undefined ? {} : { 'content-type': 'application/json' }), ...headers },
      ...(body === undefined ? {} : { payload: JSON.stringify(body) }),
    })
    const set = answer.cookies.find((one) => one.name === 'vigie-session')
    if (set) cookie = set.value === '' ? undefined : set.value
    return { status: answer.statusCode, body: answer.body === '' ? null : (answer.json() as any), headers: answer.headers }
  }
  return Object.defineProperty(
    Object.assign(call, { signIn: (email: string, typed = password) => call('POST', '/v1/session', { email, password: typed }) }),
    'cookie',
    {
      get: () => cookie,
      set: (value: string | undefined) => void (cookie = value),
    },
  ) as typeof call & { signIn(email: string, typed?: string): ReturnType<typeof call>; cookie: string | undefined }
}
export type Browser = ReturnType<typeof aBrowser>
