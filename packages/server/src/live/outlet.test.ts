import { once } from 'node:events'
import http from 'node:http'
import net from 'node:net'
import { afterEach, expect, describe, it } from 'vitest'
import { createOutlet, type Outlet } from './outlet.ts'

const closing: (() => void)[] = []
afterEach(() => closing.splice(0).forEach((close) => close()))

/** A stream to a client that reads only when it is told to. */
async function aStream(): Promise<{ outlet: Outlet; response: http.ServerResponse; client: net.Socket; read(): string }> {
  const server = http.createServer()
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const client = net.connect((server.address() as net.AddressInfo).port, '127.0.0.1')
  client.write('GET / HTTP/1.1\r\nhost: x\r\n\r\n')
  const [, response] = (await once(server, 'request')) as [unknown, http.ServerResponse]
  closing.push(
    () => client.destroy(),
    () => server.close(),
  )
  const outlet = createOutlet(response, {})
  outlet.begin()
  await once(client, 'readable')
  let text = ''
  return { outlet, response, client, read: () => (text += (client.read() as Buffer | null)?.toString() ?? '') }
}
const aChange = (n: number) => ({ kind: 'event' as const, id: String(n).padStart(4_000, 'x'), customerId: null })

describe('a console that does not read (EVT-8, R18)', () => {
  it('costs little memory, and is told that it missed something once it reads again', async () => {
    const { outlet, response, client, read } = await aStream()
    for (let n = 0; n < 10_000; n++) {
      outlet.change(aChange(n)) // 40 MB: more than the buffers of both ends of the connection hold
      if (n % 100 === 0) await new Promise(setImmediate)
    }
    expect(response.writableLength).toBeLessThan(100_000)
    client.on('readable', read)
    // it may miss more than once: the last word counts
    const isToldLast = () => response.writableLength === 0 && read().lastIndexOf('event: resync') > read().lastIndexOf('event: change')
    await expect.poll(isToldLast, { timeout: 10_000 }).toBe(true)
    const sent = read().split('event: change').length
    expect(sent).toBeLessThan(10_000)
    outlet.change(aChange(10_001))
    await expect.poll(() => read().split('event: change').length).toBe(sent + 1)
    expect(read().lastIndexOf('event: resync')).toBeLessThan(read().lastIndexOf('event: change'))
  })

  it('is let go at the end although it never takes the rest', async () => {
    const { outlet, response } = await aStream()
    for (let n = 0; n < 10_000; n++) outlet.change(aChange(n))
    let isGone = false
    outlet.onGone(() => (isGone = true))
    outlet.bye()
    outlet.bye()
    await expect.poll(() => isGone, { timeout: 3_000 }).toBe(true)
    expect(response.destroyed).toBe(true)
    outlet.change(aChange(1)) // to nobody: no error
  })
})
