import { once } from 'node:events'
import net from 'node:net'
import Fastify from 'fastify'
import { expect, it } from 'vitest'
import { freeConnectionsAtClose } from './closing.ts'

it('closing waits for what was asked, not for connections that never asked (R44)', async () => {
  const app = Fastify({ forceCloseConnections: 'idle' })
  let answer = () => {}
  const asked = new Promise<void>((isAsked) =>
    app.get('/slow', async () => {
      isAsked()
      await new Promise<void>((resolve) => (answer = resolve))
      return 'done'
    }),
  )
  freeConnectionsAtClose(app)
  const url = new URL(await app.listen({ host: '127.0.0.1', port: 0 }))
  const unused = net.connect(Number(url.port), '127.0.0.1')
  await once(unused, 'connect')
  const slow = fetch(`${url.origin}/slow`)
  await asked
  const closing = app.close()
  await once(unused, 'close')
  answer()
  expect(await (await slow).text()).toBe('done')
  await closing
}, 10_000)
