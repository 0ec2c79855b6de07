import { accessApi } from '@vigie/domain/access'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { api, whenSessionEnds } from './api.ts'

const answer = (status: number, body: unknown) =>
  new Response(JSON.stringify(body), { status, headers: { 'content-type': 'application/json' } })
const missing = () => answer(401, { code: 'session.missing' })

/** A server whose session has a new token as soon as the change is stored, and whose answer to it is late. */
function aServer() {
  let token = 'old'
  let cookie = 'old'
  let reply = (_isOver: boolean) => {}
  let held: Promise<void> | null = null
  const asked: string[] = []
  vi.stubGlobal('fetch', (address: string, { method }: RequestInit) => {
    asked.push(`${method} ${address}`)
    if (method === 'GET') {
      const [own, until] = [cookie, held ?? Promise.resolve()]
      held = null
      return until.then(() => (own === token ? answer(200, { isMe: true }) : missing()))
    }
    token = 'new'
    return new Promise<Response>((resolve) => {
      reply = (isOver) => {
        if (!isOver) cookie = token
        resolve(answer(200, { recoveryCodes: ['a'] }))
      }
    })
  })
  return {
    asked,
    reply: (isOver = false) => reply(isOver),
    end: () => (token = 'gone'),
    /** @returns lets the next question through to the server, with the token it was asked with */
    holdNext: () => {
      const { promise, resolve } = Promise.withResolvers<void>()
      held = promise
      return resolve
    },
  }
}
const me = () => api(accessApi.getMe).call({})
const confirm = () => api(accessApi.confirmTotp).call({ body: { code: '123456' } })
afterEach(() => vi.unstubAllGlobals())

describe('a session that gets a new token (R32)', () => {
  it('what was asked while the change was on its way is asked again, and nobody is sent to sign in', async () => {
    const ended = vi.fn<(code: string) => void>()
    whenSessionEnds(ended)
    const server = aServer()
    const change = confirm()
    const seen = me()
    await Promise.resolve()
    server.reply()
    expect(await change).toEqual({ recoveryCodes: ['a'] })
    expect(await seen).toEqual({ isMe: true })
    expect(server.asked.filter((one) => one.startsWith('GET'))).toHaveLength(2)
    expect(ended).not.toHaveBeenCalled()
  })

  it('also what was asked just before the change, and served after it', async () => {
    const ended = vi.fn<(code: string) => void>()
    whenSessionEnds(ended)
    const server = aServer()
    const serve = server.holdNext()
    const seen = me()
    const change = confirm()
    serve()
    await Promise.resolve()
    server.reply()
    await change
    expect(await seen).toEqual({ isMe: true })
    expect(ended).not.toHaveBeenCalled()
  })

  it('a session that is really over is told at once, and once more asked does not help', async () => {
    const ended = vi.fn<(code: string) => void>()
    whenSessionEnds(ended)
    const server = aServer()
    server.end()
    await expect(me()).rejects.toThrow('session.missing')
    expect(server.asked).toHaveLength(1)
    const change = confirm()
    const seen = me()
    server.reply(true)
    await change
    await expect(seen).rejects.toThrow('session.missing')
    expect(ended).toHaveBeenCalledTimes(2)
  })
})
