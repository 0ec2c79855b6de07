import 'reflect-metadata' // before x509, which needs it
import { fork, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { generateKeyPairSync, randomUUID } from 'node:crypto'
import type { AddressInfo } from 'node:net'
import path from 'node:path'
import * as x509 from '@peculiar/x509'
import { simpleParser } from 'mailparser'
import { SMTPServer, type SMTPServerOptions } from 'smtp-server'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { aCustomer, aPartner, anActor } from '../platform/testing/database.ts'
import { testServer, type TestServer } from '../platform/testing/server.ts'
import { notify } from './notify.ts'
import { createSender, waitMs, type SenderOptions } from './sender.ts'

// thousands of calls, or dear hashes, on a machine that may be busy
vi.setConfig({ testTimeout: 120_000 })
let server: TestServer
let partnerId: string
let certificate: { key: string; cert: string }
beforeAll(async () => {
  server = await testServer()
  certificate = await selfSigned('127.0.0.1')
})
afterAll(() => server.close())
beforeEach(async () => void (partnerId = await aPartner(server.database, { name: 'Vigie Operations' })))

const stops: (() => Promise<unknown>)[] = []
afterEach(async () => {
  for (const stop of stops.splice(0).reverse()) await stop()
  // a sender serves all businesses: what one test leaves behind is the next one's mail
  await server.database.owner.query('delete from outbox')
})

/** A real SMTP server; what it took stands in `taken`. `trouble` has its way with single steps. */
async function aMailServer(options: Partial<SMTPServerOptions> = {}, port = 0) {
  const taken: { messageId: string; raw: string; to: string }[] = []
  const smtp = new SMTPServer({
    disabledCommands: ['AUTH', 'STARTTLS'],
    logger: false,
    closeTimeout: 100,
    onData(stream, session, done) {
      let raw = ''
      stream.on('data', (chunk) => void (raw += chunk))
      stream.on('end', () => {
        taken.push({
          raw,
          messageId: /^message-id: (.*)$/im.exec(raw)?.[1] ?? '',
          to: (session.envelope.rcptTo[0] as { address: string }).address,
        })
        done()
      })
    },
    ...options,
  })
  smtp.on('error', () => {})
  await new Promise<void>((resolve) => smtp.listen(port, '127.0.0.1', resolve))
  stops.push(() => new Promise<void>((resolve) => smtp.close(resolve)))
  return { taken, port: (smtp.server.address() as AddressInfo).port, close: () => new Promise<void>((resolve) => smtp.close(resolve)) }
}

async function selfSigned(host: string): Promise<{ key: string; cert: string }> {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' }
  const pkcs8 = privateKey.export({ format: 'der', type: 'pkcs8' })
  const keys = {
    privateKey: await crypto.subtle.importKey('pkcs8', pkcs8, algorithm, true, ['sign']),
    publicKey: await crypto.subtle.importKey('spki', publicKey.export({ format: 'der', type: 'spki' }), algorithm, true, ['verify']),
  }
  const cert = await x509.X509CertificateGenerator.createSelfSigned({
    name: `CN=${host}`,
    keys,
    signingAlgorithm: algorithm,
    notBefore: new Date(Date.now() - 60_000),
    notAfter: new Date(Date.now() + 3_600_000),
    extensions: [
      new x509.SubjectAlternativeNameExtension([
        { type: 'ip', value: host },
        { type: 'dns', value: 'localhost' },
      ]),
    ],
  })
  return { key: privateKey.export({ format: 'pem', type: 'pkcs8' }) as string, cert: cert.toString('pem') }
}

function aSender(smtpUrl: string, more: Partial<SenderOptions> = {}) {
  const sender = createSender(server.services, { smtpUrl, everyMs: 30, firstPauseMs: 50, ...more })
  server.services.mail = sender
  stops.push(async () => {
    await sender.stop()
    server.services.mail = { isConfigured: false, wake: () => {} }
  })
  return sender
}

/** Waiting, as with SMTP set up. */
async function aNotice(more: { address?: string; key?: string; locale?: 'en' | 'fr' | 'ja' } = {}): Promise<string> {
  const before = server.services.mail
  server.services.mail = { isConfigured: true, wake: () => before.wake() }
  const address = more.address ?? `${randomUUID()}@example.com`
  await server.database.transaction({ partnerId, scope: 'all', principalId: null }, (db) =>
    notify(db, server.services, {
      kind: 'password-changed',
      key: more.key ?? randomUUID(),
      address,
      name: 'Émilie 山田',
      locale: more.locale ?? 'en',
      timeZone: 'UTC',
      values: { at: '2026-11-20T12:00:00Z' },
    }),
  )
  server.services.mail = before
  return address
}
const rows = async () =>
  (
    await server.database.owner.query<{ recipient: string; state: string; fault: string | null; attempts: number }>(
      'select recipient, state, fault, attempts from outbox where partner_id = $1 order by id',
      [partnerId],
    )
  ).rows
const settled = (states: string[]) =>
  vi.waitFor(async () => expect((await rows()).map((row) => row.state)).toEqual(states), { timeout: 15_000, interval: 30 })

describe('writing into the outbox (NTF-4, R27)', () => {
  it('is one mail for one key, and none when the transaction is rolled back', async () => {
    await aNotice({ key: 'same' })
    await aNotice({ key: 'same' })
    await expect(
      server.database.transaction({ partnerId, scope: 'all', principalId: null }, async (db) => {
        await notify(db, server.services, {
          kind: 'password-changed',
          key: 'other',
          address: 'a@example.com',
          name: 'A',
          locale: 'en',
          timeZone: 'UTC',
          values: { at: '2026-11-20T12:00:00Z' },
        })
        throw new Error('no')
      }),
    ).rejects.toThrow('no')
    expect(await rows()).toHaveLength(1)
  })

  it("is kept where no SMTP server is set up, in the account's own language", async () => {
    const { accountId, email } = await anActor(server.database, partnerId)
    await server.database.owner.query(`update account set locale = 'ja' where id = $1`, [accountId])
    await server.database.transaction({ partnerId, scope: 'all', principalId: null }, (db) =>
      notify(db, server.services, { kind: 'password-changed', key: 'k', accountId, values: { at: '2026-11-20T12:00:00Z' } }),
    )
    expect(await rows()).toEqual([{ recipient: email, state: 'kept', fault: null, attempts: 0 }])
  })
})

describe('sending over SMTP (NTF-4, R29)', () => {
  it('speaks STARTTLS and signs in; the mail arrives as it was meant', async () => {
    const mailServer = await aMailServer({
      ...certificate,
      disabledCommands: [],
      authOptional: false,
      onAuth: ({ username, password }, _session, done) =>
        username === 'vigie@example.com' && password === 'p@ss/word' ? done(null, { user: username }) : done(new Error('no')),
    })
    const address = await aNotice({ locale: 'fr' })
    aSender(`smtp://vigie%40example.com:p%40ss%2Fword@127.0.0.1:${mailServer.port}?requireTLS=true`, { ca: certificate.cert }).start()
    await settled(['sent'])
    const mail = await simpleParser(mailServer.taken[0]!.raw)
    expect(mail.subject).toBe('Votre mot de passe Vigie a été modifié')
    expect(mail.from?.value).toEqual([{ address: 'vigie@example.com', name: 'Vigie' }])
    expect((mail.to as { value: unknown }).value).toEqual([{ address, name: 'Émilie 山田' }])
    expect(mail.text).toContain('Bonjour Émilie 山田')
    expect(mail.html).toContain('<html lang="fr">')
    expect(mail.headers.get('auto-submitted')).toBe('auto-generated')
    expect(mail.messageId).toMatch(/^<[0-9a-f-]{36}@127\.0\.0\.1>$/)
  })

  it('is woken by the commit, not by its clock', async () => {
    const mailServer = await aMailServer()
    aSender(`smtp://127.0.0.1:${mailServer.port}`, { everyMs: 3_600_000 }).start()
    await aNotice()
    await settled(['sent'])
  })

  it.each([
    ['a certificate nobody vouches for', { ...{} }, 'smtp', '?requireTLS=true', 'tls'],
    ['no STARTTLS where it is wanted', { hideSTARTTLS: true, disabledCommands: ['STARTTLS', 'AUTH'] }, 'smtp', '?requireTLS=true', 'tls'],
  ] as const)('%s: nothing is handed over', async (_, options, scheme, query, fault) => {
    const mailServer = await aMailServer({
      ...certificate,
      authOptional: true,
      disabledCommands: [],
      ...options,
    } as Partial<SMTPServerOptions>)
    await aNotice()
    aSender(`${scheme}://127.0.0.1:${mailServer.port}${query}`).start()
    await vi.waitFor(async () => expect(await rows()).toMatchObject([{ state: 'waiting', fault }]), { timeout: 10_000 })
    expect(mailServer.taken).toEqual([])
  })

  it("a wrong password is the server's trouble, not the mail's: it waits", async () => {
    const mailServer = await aMailServer({
      ...certificate,
      disabledCommands: [],
      onAuth: (_auth, _session, done) => done(new Error('535 no')),
    })
    await aNotice()
    aSender(`smtp://u:wrong@127.0.0.1:${mailServer.port}`, { ca: certificate.cert }).start()
    await vi.waitFor(async () => expect(await rows()).toMatchObject([{ state: 'waiting', fault: 'authentication' }]), { timeout: 10_000 })
  })

  it('an address refused for good fails at once, and the others go on', async () => {
    const refused = (message: string, responseCode: number) => Object.assign(new Error(message), { responseCode })
    const mailServer = await aMailServer({
      onRcptTo: ({ address }, _session, done) => (address.startsWith('gone') ? done(refused('no such user', 550)) : done()),
    })
    await aNotice()
    await aNotice({ address: 'gone@example.com' })
    await aNotice()
    aSender(`smtp://127.0.0.1:${mailServer.port}`).start()
    await settled(['sent', 'failed', 'sent'])
    expect((await rows())[1]).toMatchObject({ fault: 'recipient-refused', attempts: 1 })
    expect(mailServer.taken).toHaveLength(2)
  })

  it('who may no longer see a customer gets no mail about it, nor the people of a customer that does not consent, also one that waited from before (R7, ACC-12)', async () => {
    const customerId = await aCustomer(server.database, partnerId)
    const still = await anActor(server.database, partnerId)
    const limited = await anActor(server.database, partnerId, { isScopeLimited: true })
    const gone = await anActor(server.database, partnerId)
    const allow = () =>
      server.database.owner.query(
        `insert into scope_line (partner_id, id, account_id, position, effect, target, customer_id) values ($1, gen_random_uuid(), $2, 0, 'allow', 'customer', $3)`,
        [partnerId, limited.accountId, customerId],
      )
    const theirs = await anActor(server.database, partnerId, { role: 'portal-viewer' })
    await allow()
    server.services.mail = { isConfigured: true, wake: () => {} }
    for (const { accountId } of [still, limited, gone, theirs]) {
      await server.database.transaction({ partnerId, scope: 'all', principalId: null }, (db) =>
        notify(db, server.services, {
          kind: 'password-changed',
          key: accountId,
          accountId,
          customerId,
          values: { at: '2026-11-20T12:00:00Z' },
        }),
      )
    }
    await server.database.owner.query('delete from scope_line where account_id = $1', [limited.accountId])
    await server.database.owner.query(`update account set state = 'disabled' where id = $1`, [gone.accountId])
    // ACC-12: the customer wants its own people to be told nothing any more; ours are
    await server.as(still)('POST', `/v1/customers/${customerId}/consent`, {
      activities: ['notify'],
      decision: 'withdrawn',
      saidBy: 'Camille Martin',
      saidOn: '2026-11-20',
    })
    const mailServer = await aMailServer()
    aSender(`smtp://127.0.0.1:${mailServer.port}`).start()
    await settled(['sent', 'failed', 'failed', 'failed'])
    expect((await rows()).map(({ fault }) => fault)).toEqual([null, 'not-entitled', 'not-entitled', 'not-entitled'])
    expect(mailServer.taken).toHaveLength(1)
  })

  it('one that is to come later is tried again, later each time', async () => {
    let isBusy = true
    const mailServer = await aMailServer({
      onRcptTo: (_address, _session, done) => (isBusy ? done(Object.assign(new Error('greylisted'), { responseCode: 451 })) : done()),
    })
    await aNotice()
    aSender(`smtp://127.0.0.1:${mailServer.port}`).start()
    await vi.waitFor(async () => expect(await rows()).toMatchObject([{ state: 'waiting', fault: 'try-later', attempts: 1 }]), {
      timeout: 10_000,
    })
    isBusy = false
    server.clock.add(31_000)
    await settled(['sent'])
    expect(mailServer.taken).toHaveLength(1)
    expect([1, 2, 3, 8, 20].map(waitMs)).toEqual([30_000, 60_000, 120_000, 3_600_000, 3_600_000])
  })

  it('loses nothing while the mail server is down for a day, and sends each once when it is back', async () => {
    const { port, close } = await aMailServer()
    await close()
    for (let n = 0; n < 45; n++) await aNotice()
    aSender(`smtp://127.0.0.1:${port}`).start()
    await vi.waitFor(async () => expect((await rows()).filter((row) => row.fault === 'connection-refused').length).toBeGreaterThan(0), {
      timeout: 10_000,
    })
    for (let hour = 0; hour < 24; hour++) server.clock.add(3_600_000)
    const mailServer = await aMailServer({}, port)
    await settled(Array.from({ length: 45 }, () => 'sent'))
    expect(new Set(mailServer.taken.map((mail) => mail.messageId)).size).toBe(45)
    expect(mailServer.taken).toHaveLength(45)
  })

  it('gives up after three days, and a person may try again', async () => {
    const { port, close } = await aMailServer()
    await close()
    await aNotice()
    server.clock.add(4 * 86_400_000)
    aSender(`smtp://127.0.0.1:${port}`).start()
    await settled(['failed'])
    expect((await rows())[0]).toMatchObject({ fault: 'gave-up' })
  })
})

describe('never twice (NTF-4, R15, R22)', () => {
  it('two processes share the work', async () => {
    const mailServer = await aMailServer()
    for (let n = 0; n < 60; n++) await aNotice()
    for (const one of [aSender(`smtp://127.0.0.1:${mailServer.port}`), aSender(`smtp://127.0.0.1:${mailServer.port}`)]) one.start()
    await settled(Array.from({ length: 60 }, () => 'sent'))
    expect(mailServer.taken).toHaveLength(60)
    expect(new Set(mailServer.taken.map((mail) => mail.messageId)).size).toBe(60)
  })

  it('a connection that breaks before the mail was asked for is as if nothing had been', async () => {
    let drops = 1
    const mailServer = await aMailServer({
      onRcptTo(_address, session, done) {
        if (drops-- > 0)
          return void (this as unknown as { connections: Set<{ id: string; _socket: { destroy(): void } }> }).connections.forEach((one) =>
            one._socket.destroy(),
          )
        void session
        done()
      },
    })
    await aNotice()
    aSender(`smtp://127.0.0.1:${mailServer.port}`).start()
    await settled(['sent'])
    expect(mailServer.taken).toHaveLength(1)
  })

  it('one that breaks while the mail is handed over: unknown, not sent again by itself, but by a person', async () => {
    let drops = 1
    const taken: string[] = []
    const mailServer = await aMailServer({
      onData(stream, _session, done) {
        const { connections } = this as unknown as { connections: Set<{ _socket: { destroy(): void } }> }
        if (drops-- > 0) return void stream.once('data', () => connections.forEach((one) => one._socket.destroy()))
        stream.on('data', (chunk: Buffer) => void taken.push(String(chunk)))
        stream.on('end', () => done())
      },
    })
    await aNotice()
    aSender(`smtp://127.0.0.1:${mailServer.port}`).start()
    await settled(['failed'])
    expect(await rows()).toMatchObject([{ fault: 'unknown-outcome', attempts: 1 }])
    const actor = await anActor(server.database, partnerId)
    const { body: list } = await server.as(actor)('GET', '/v1/deliveries')
    expect(list.rows).toMatchObject([{ state: 'failed', fault: 'unknown-outcome' }])
    expect((await server.as(actor)('POST', `/v1/deliveries/${list.rows[0].id}/retry`)).status).toBe(200)
    await settled(['sent'])
    expect(taken.join('')).toContain('Message-ID')
    expect((await server.as(actor)('POST', `/v1/deliveries/${list.rows[0].id}/retry`)).body.code).toBe('delivery.sent-already')
  })

  /** A sender in a process of its own, to be killed. */
  async function aProcess(port: number, leaseMs: number): Promise<ChildProcess> {
    const child = fork(path.join(import.meta.dirname, 'sender.child.ts'), [], {
      env: { ...process.env, CHILD_DATABASE: server.database.url, CHILD_SMTP: `smtp://127.0.0.1:${port}`, CHILD_LEASE_MS: String(leaseMs) },
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    })
    stops.push(async () => void child.kill('SIGKILL'))
    await once(child, 'message')
    return child
  }
  async function kill(child: ChildProcess): Promise<void> {
    const gone = once(child, 'exit')
    child.kill('SIGKILL')
    await gone
  }

  it.each([
    ['before the mail was asked for', 'rcpt', 'sent', 1],
    ['after the last byte, before the answer', 'data', 'failed', 1],
  ] as const)(
    'a process killed %s',
    async (_, when, state, copies) => {
      server.clock.set(new Date())
      let reached: () => void = () => {}
      const there = new Promise<void>((resolve) => void (reached = resolve))
      let isFirst = true
      let copiesSeen = 0
      const mailServer = await aMailServer({
        onRcptTo: (_address, _session, done) => {
          if (when === 'rcpt' && isFirst) return void ((isFirst = false), reached())
          done()
        },
        onData: (stream, _session, done) => {
          stream.on('data', () => {})
          stream.on('end', () => {
            copiesSeen++
            if (when === 'data' && isFirst) return void ((isFirst = false), reached())
            done()
          })
        },
      })
      await aNotice()
      const child = await aProcess(mailServer.port, 600)
      await there
      await kill(child)
      expect(await rows()).toMatchObject([{ state: 'sending' }])
      aSender(`smtp://127.0.0.1:${mailServer.port}`, { leaseMs: 600 }).start()
      await settled([state])
      expect(copiesSeen).toBe(copies)
      expect((await rows())[0]!.fault).toBe(state === 'failed' ? 'unknown-outcome' : null)
    },
    30_000,
  )

  it('processes killed at random points: no mail twice, and each that is missing says that it may be', async () => {
    server.clock.set(new Date())
    const mailServer = await aMailServer()
    for (let n = 0; n < 80; n++) await aNotice()
    for (let round = 0; round < 3; round++) {
      const child = await aProcess(mailServer.port, 500)
      const goal = mailServer.taken.length + 3 + Math.floor(Math.random() * 10)
      await vi.waitFor(() => expect(mailServer.taken.length).toBeGreaterThanOrEqual(Math.min(goal, 79)), { timeout: 10_000, interval: 1 })
      await kill(child)
    }
    aSender(`smtp://127.0.0.1:${mailServer.port}`, { leaseMs: 500 }).start()
    await vi.waitFor(async () => expect((await rows()).filter((row) => ['waiting', 'sending'].includes(row.state))).toEqual([]), {
      timeout: 20_000,
      interval: 50,
    })
    const copies = new Map<string, number>()
    for (const { to } of mailServer.taken) copies.set(to, (copies.get(to) ?? 0) + 1)
    expect([...copies.values()].filter((number) => number > 1)).toEqual([])
    for (const row of await rows()) {
      if (row.state === 'sent') expect(copies.get(row.recipient), row.recipient).toBe(1)
      else expect(row).toMatchObject({ state: 'failed', fault: 'unknown-outcome' })
    }
    expect((await rows()).filter((row) => row.state === 'failed').length).toBeLessThanOrEqual(3)
  }, 60_000)
})
