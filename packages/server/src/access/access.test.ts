import { generateSync } from 'otplib'
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import type { Role } from '@vigie/domain/access'
import { compose } from '../compose.ts'
import { createLog } from '../platform/index.ts'
import { aCustomer, anActor, aPartner } from '../platform/testing/database.ts'
import { testServer, type TestServer } from '../platform/testing/server.ts'
import { passwordGuess } from './attempts.ts'
import { hashPassword } from './passwords.ts'
import { aBrowser, password, passwordHash, type Browser } from './testing/browser.ts'

// thousands of calls, or dear hashes, on a machine that may be busy
vi.setConfig({ testTimeout: 120_000 })
let server: TestServer
let partnerId: string
beforeAll(async () => void (server = await testServer()))
afterAll(() => server.close())
beforeEach(async () => {
  partnerId = await aPartner(server.database, { name: 'Acme Security' })
  await server.database.owner.query('delete from attempt')
})

let number = 0
/** An account that can sign in. */
async function anAccount(more: { role?: Role; email?: string; isPrimary?: boolean; partner?: string; isScopeLimited?: boolean } = {}): Promise<{ id: string; email: string }> {
  const email = more.email ?? `person-${number++}@example.com`
  const { partner, ...rest } = more
  const { accountId } = await anActor(server.database, partner ?? partnerId, { ...rest, email })
  await server.database.owner.query('update account set password_hash = $2 where id = $1 and partner_id = $3', [accountId, await passwordHash(), partner ?? partnerId])
  return { id: accountId, email }
}
async function signedIn(more: Parameters<typeof anAccount>[0] = {}): Promise<{ browser: Browser; id: string; email: string }> {
  const account = await anAccount(more)
  const browser = aBrowser(server)
  expect((await browser.signIn(account.email)).body).toEqual({ state: 'full' })
  return { browser, ...account }
}
const activities = async () => (await server.database.owner.query<{ activity: string }>('select activity from audit where partner_id = $1 order by sequence', [partnerId])).rows.map((row) => row.activity)
/** The one-use token of the newest mail, as its addressee reads it. */
async function tokenOfMail(to: string): Promise<string> {
  const owner = await anActor(server.database, partnerId)
  const { body: list } = await server.as(owner)('GET', `/v1/deliveries?q=${encodeURIComponent(to)}&sort=-createdAt`)
  const { body: mail } = await server.as(owner)('GET', `/v1/deliveries/${list.rows[0].id}`)
  return /#([\w-]{43})/.exec(mail.text)![1]!
}
const wrong = 'another long phrase 99'

describe('sign-in (R30, ACC-6)', () => {
  it('unknown, known, disabled and locked addresses get one answer, on one beat', async () => {
    const locked = await anAccount()
    await server.database.owner.query('insert into attempt (key, at, id) select $1, $2, gen_random_uuid() from generate_series(1, 12)', [passwordGuess(locked.email).key, server.clock.now()])
    let [known, disabled] = [locked, locked]
    const quickest: Record<string, number> = {}
    const answers = new Set<string>()
    const spread = () => Math.max(...Object.values(quickest)) - Math.min(...Object.values(quickest))
    // the quickest of each: what the machine's other work adds is not ours; a busy one is given more rounds
    for (let round = 0; round < 4 || (round < 16 && spread() >= 10); round++) {
      if (round % 4 === 0) { // a fifth wrong password would lock them, too
        ;[known, disabled] = [await anAccount(), await anAccount()]
        await server.database.owner.query(`update account set state = 'disabled' where id = $1`, [disabled.id])
      }
      for (const [who, email, typed] of [['unknown', `nobody-${round}@example.com`, wrong], ['known', known.email, wrong], ['disabled', disabled.email, password], ['locked', locked.email, password]] as const) {
        const startMs = performance.now()
        const { status, body, headers } = await aBrowser(server).signIn(email, typed)
        quickest[who] = Math.min(quickest[who] ?? Infinity, performance.now() - startMs)
        answers.add(JSON.stringify([status, body, Object.keys(headers).sort()]))
      }
    }
    expect([...answers]).toEqual([[...answers][0]])
    expect([...answers][0]).toContain('sign-in.refused')
    expect(spread(), JSON.stringify(quickest)).toBeLessThan(10)
  }, 120_000)

  it('a locked account opens again by itself, and a mail\'s link opens it at once', async () => {
    const { email } = await anAccount()
    for (let n = 0; n < 5; n++) await aBrowser(server).signIn(email, wrong)
    expect((await aBrowser(server).signIn(email)).status).toBe(401)
    server.clock.add(6_000)
    expect((await aBrowser(server).signIn(email)).status).toBe(200)
    for (let n = 0; n < 5; n++) await aBrowser(server).signIn(email, wrong)
    await aBrowser(server)('POST', '/v1/password-resets', { email })
    expect((await aBrowser(server)('POST', '/v1/password-resets/complete', { token: await tokenOfMail(email), password: 'yet another phrase 73' })).status).toBe(200)
    expect((await aBrowser(server).signIn(email, 'yet another phrase 73')).status).toBe(200)
  }, 30_000)

  it('the sender\'s address is the socket\'s, whatever a header says, unless a proxy of ours says it', async () => {
    const { email } = await anAccount()
    const forged = { 'x-forwarded-for': '198.51.100.9', 'forwarded': 'for=198.51.100.9', 'x-real-ip': '198.51.100.9' }
    await aBrowser(server)('POST', '/v1/session', { email, password }, forged)
    const addresses = async () => (await server.database.owner.query<{ address: string }>('select address from session where partner_id = $1 order by created_at', [partnerId])).rows.map((row) => row.address)
    expect(await addresses()).toEqual(['127.0.0.1'])
    const behind = await compose({
      database: server.database, vault: server.database.vault, clock: server.clock, log: createLog('silent'), publicUrl: 'http://127.0.0.1:8080', agentUrl: '', consoleFolder: null, trustedProxies: ['127.0.0.1'], smtp: null,
    })
    await aBrowser(behind)('POST', '/v1/session', { email, password }, forged)
    expect(await addresses()).toEqual(['127.0.0.1', '198.51.100.9'])
    await behind.close()
  })

  it('one address in several businesses: the password decides, and asks where it fits more than one', async () => {
    const [other, third] = [await aPartner(server.database, { name: 'Other' }), await aPartner(server.database, { name: 'Third' })]
    const email = 'both@example.com'
    await anAccount({ email })
    await anAccount({ email, partner: other })
    await anAccount({ email, partner: third })
    await server.database.owner.query(`update account set password_hash = $2 where partner_id = $1`, [third, await hashPassword(wrong)])
    const browser = aBrowser(server)
    const { body } = await browser.signIn(email)
    expect(body.state).toBe('choose-business')
    expect(body.businesses.map((one: { name: string }) => one.name).sort()).toEqual(['Acme Security', 'Other'])
    expect(browser.cookie).toBe(undefined)
    expect((await browser('POST', '/v1/session', { email, password, businessId: third })).status).toBe(401)
    expect((await browser('POST', '/v1/session', { email, password, businessId: other })).body).toEqual({ state: 'full' })
    expect((await browser('GET', '/v1/session')).body.business.id).toBe(other)
  }, 30_000)

  it('what was refused is on record in the business it was tried at (R40)', async () => {
    const { email } = await anAccount()
    await aBrowser(server).signIn(email, wrong)
    expect(await activities()).toEqual(['session.sign-in.refused'])
  })
})

describe('sessions (R32, R7)', () => {
  it('every sign-in is a new one, kept as a hash; the cookie is for our pages only', async () => {
    const { email } = await anAccount()
    const browser = aBrowser(server)
    browser.cookie = 'f'.repeat(43)
    const { headers } = await browser.signIn(email)
    expect(headers['set-cookie']).toMatch(/^vigie-session=[\w-]{43}; Path=\/; HttpOnly; SameSite=Strict$/)
    expect(browser.cookie).not.toBe('f'.repeat(43))
    const { rows } = await server.database.owner.query('select s::text as row from session s where partner_id = $1', [partnerId])
    expect(JSON.stringify(rows)).not.toContain(browser.cookie)
  })

  it('over https it is a __Host- cookie, Secure', async () => {
    const secure = await testServer({ publicUrl: 'https://vigie.example' })
    const partner = await aPartner(secure.database)
    const { accountId } = await anActor(secure.database, partner, { email: 'a@example.com' })
    await secure.database.owner.query('update account set password_hash = $2 where id = $1', [accountId, await passwordHash()])
    const { headers } = await aBrowser(secure)('POST', '/v1/session', { email: 'a@example.com', password })
    expect(headers['set-cookie']).toMatch(/^__Host-vigie=[\w-]{43}; Path=\/; HttpOnly; Secure; SameSite=Strict$/)
    expect(headers['strict-transport-security']).toMatch(/max-age=31536000/)
    await secure.close()
  })

  it('end after 30 idle minutes, and after 12 hours however busy', async () => {
    const { browser } = await signedIn()
    const get = async () => (await browser('GET', '/v1/session')).status
    server.clock.add(29 * 60_000)
    expect(await get()).toBe(200)
    server.clock.add(29 * 60_000)
    expect(await get()).toBe(200)
    server.clock.add(31 * 60_000)
    expect(await get()).toBe(401)
    const busy = await signedIn()
    let alive = 0
    for (let minutes = 0; minutes < 13 * 60; minutes += 20) {
      if ((await busy.browser('GET', '/v1/session')).status === 200) alive = minutes
      server.clock.add(20 * 60_000)
    }
    expect(alive).toBe(700)
    server.clock.set(new Date())
  })

  it('are listed, and ended one by one; others\' are not there', async () => {
    const account = await anAccount()
    const [one, two] = [aBrowser(server), aBrowser(server)]
    await one.signIn(account.email)
    await two.signIn(account.email)
    const { body } = await one('GET', '/v1/me/sessions')
    expect(body.rows.map((row: { isCurrent: boolean }) => row.isCurrent).sort()).toEqual([false, true])
    const other = body.rows.find((row: { isCurrent: boolean }) => !row.isCurrent)
    const stranger = await signedIn()
    expect((await stranger.browser('DELETE', `/v1/me/sessions/${other.id}`)).body.code).toBe('session.not-found')
    expect((await one('DELETE', `/v1/me/sessions/${other.id}`)).status).toBe(200)
    expect((await two('GET', '/v1/session')).status).toBe(401)
    expect((await one('GET', '/v1/session')).status).toBe(200)
  })

  it.each([
    ['a lesser role', { role: 'read-only' }], ['a narrower scope', { scope: [] }], ['disabled', { isDisabled: true }],
  ])('%s: gone at the next request, in every process, and live connections are told', async (_, body) => {
    const admin = await signedIn({ role: 'administrator' })
    const other = await signedIn({ role: 'technician' })
    const ended: unknown[] = []
    const { endLive } = server.services
    server.services.endLive = (match) => void ended.push(match)
    const second = await compose({
      database: server.database, vault: server.database.vault, clock: server.clock, log: createLog('silent'), publicUrl: 'http://127.0.0.1:8080', agentUrl: '', consoleFolder: null, trustedProxies: [], smtp: null,
    })
    const there = aBrowser(second)
    there.cookie = other.browser.cookie
    expect((await there('GET', '/v1/session')).status).toBe(200)
    expect((await admin.browser('PATCH', `/v1/accounts/${other.id}`, body, { 'if-match': '"1"' })).status).toBe(200)
    expect((await there('GET', '/v1/session')).status).toBe(401)
    expect((await other.browser('GET', '/v1/session')).status).toBe(401)
    expect(ended).toEqual([{ sessionId: expect.any(String) }])
    server.services.endLive = endLive
    await second.close()
  })
})

describe('the own password (ACC-6)', () => {
  it('changes with the present one only, ends the other sessions, goes on under a new token, and is told by mail', async () => {
    const { browser, email } = await signedIn()
    const elsewhere = aBrowser(server)
    await elsewhere.signIn(email)
    const before = browser.cookie
    expect((await browser('POST', '/v1/me/password', { currentPassword: wrong, newPassword: 'yet another phrase 73' })).body.code).toBe('password.wrong')
    expect((await browser('POST', '/v1/me/password', { currentPassword: password, newPassword: 'Password1234!' })).body).toMatchObject({ code: 'password.breached', fields: [{ path: 'newPassword' }] })
    expect((await browser('POST', '/v1/me/password', { currentPassword: password, newPassword: 'short' })).body).toMatchObject({ code: 'request.invalid', fields: [{ path: 'newPassword', code: 'password.too-short' }] })
    expect((await browser('POST', '/v1/me/password', { currentPassword: password, newPassword: 'yet another phrase 73' })).status).toBe(200)
    expect(browser.cookie).not.toBe(before)
    expect((await browser('GET', '/v1/session')).status).toBe(200)
    expect((await elsewhere('GET', '/v1/session')).status).toBe(401)
    expect((await aBrowser(server).signIn(email)).status).toBe(401)
    const { rows } = await server.database.owner.query('select kind, recipient from outbox where partner_id = $1', [partnerId])
    expect(rows).toEqual([{ kind: 'password-changed', recipient: email }])
    expect(await activities()).toEqual(['session.started', 'session.started', 'password.refused', 'password.changed', 'session.sign-in.refused'])
  }, 30_000)
})

describe('the second factor (R31, ACC-6)', () => {
  const code = (secret: string) => generateSync({ secret, epoch: Math.floor(server.clock.now().getTime() / 1000) })

  async function withTotp() {
    const one = await signedIn()
    const { body: started } = await one.browser('POST', '/v1/me/totp')
    expect(started.otpauthUrl).toContain(`secret=${started.secret}`)
    const { body } = await one.browser('POST', '/v1/me/totp/confirm', { code: code(started.secret) })
    return { ...one, secret: started.secret as string, recoveryCodes: body.recoveryCodes as string[] }
  }

  it('is asked at sign-in; each code once; a password alone reaches nothing but its page', async () => {
    const { email, secret, recoveryCodes } = await withTotp()
    expect(new Set(recoveryCodes).size).toBe(10)
    const browser = aBrowser(server)
    expect((await browser.signIn(email)).body).toEqual({ state: 'mfa-needed' })
    const half = browser.cookie
    expect((await browser('GET', '/v1/customers')).body.code).toBe('session.mfa-needed')
    expect((await browser('POST', '/v1/me/totp')).body.code).toBe('mfa.already-on')
    // the code that confirmed it was used by that
    expect((await browser('POST', '/v1/session/mfa', { code: code(secret) })).body.code).toBe('mfa.code-wrong')
    server.clock.add(60_000)
    const now = code(secret)
    expect((await browser('POST', '/v1/session/mfa', { code: now })).body).toEqual({ state: 'full' })
    expect(browser.cookie).not.toBe(half)
    const again = aBrowser(server)
    await again.signIn(email)
    expect((await again('POST', '/v1/session/mfa', { code: now })).body.code).toBe('mfa.code-wrong')
    const old = aBrowser(server)
    old.cookie = half
    expect((await old('GET', '/v1/session')).status).toBe(401)
    expect(await activities()).toContain('session.verify-mfa.refused')
  })

  it('one step beside the present one is taken, two are not', async () => {
    const { email, secret } = await withTotp()
    const at = (steps: number) => generateSync({ secret, epoch: Math.floor(server.clock.now().getTime() / 1000) + steps * 30 })
    for (const [steps, status] of [[-2, 422], [2, 422], [-1, 200], [1, 200]] as const) {
      server.clock.add(120_000)
      const browser = aBrowser(server)
      await browser.signIn(email)
      expect((await browser('POST', '/v1/session/mfa', { code: at(steps) })).status, `${steps}`).toBe(status)
    }
  })

  it('the same code in two windows at the same moment opens one', async () => {
    const { email, secret } = await withTotp()
    server.clock.add(60_000)
    const two = [aBrowser(server), aBrowser(server)]
    for (const one of two) await one.signIn(email)
    const now = code(secret)
    const answers = await Promise.all(two.map((one) => one('POST', '/v1/session/mfa', { code: now })))
    expect(answers.map((one) => one.status).sort()).toEqual([200, 422])
  })

  it('a recovery code opens once, however it is written; new ones replace the old', async () => {
    const { browser, email, recoveryCodes } = await withTotp()
    const use = async (recoveryCode: string) => {
      const one = aBrowser(server)
      await one.signIn(email)
      return (await one('POST', '/v1/session/mfa', { recoveryCode })).status
    }
    expect(await use(recoveryCodes[0]!.toLowerCase().replaceAll('-', ' '))).toBe(200)
    expect(await use(recoveryCodes[0]!)).toBe(422)
    const { body } = await browser('POST', '/v1/me/recovery-codes', { password })
    expect(await use(recoveryCodes[1]!)).toBe(422)
    expect(await use(body.recoveryCodes[0])).toBe(200)
    const { rows } = await server.database.owner.query(`select r::text as row from recovery_code r`)
    expect(JSON.stringify(rows)).not.toContain(body.recoveryCodes[1])
  }, 30_000)

  it('guesses are counted over sessions', async () => {
    const { email } = await withTotp()
    const statuses = []
    for (let n = 0; n < 7; n++) {
      const browser = aBrowser(server)
      await browser.signIn(email)
      statuses.push((await browser('POST', '/v1/session/mfa', { code: String(100_000 + n) })).status)
    }
    expect(new Set(statuses)).toEqual(new Set([422]))
    const { rows } = await server.database.owner.query(`select count(*)::integer as n from attempt where key like 'mfa:%' and key not like '%:day'`)
    expect(rows[0].n).toBe(5)
  })

  it('where the business requires it, everybody without one is held at the enrolment, at the next request (decision 8)', async () => {
    const { browser } = await signedIn({ role: 'owner' })
    expect((await browser('PATCH', '/v1/business', { isMfaRequired: true }, { 'if-match': '1' })).status).toBe(200)
    expect((await browser('GET', '/v1/business')).body.code).toBe('session.mfa-enrolment-needed')
    const { body: started } = await browser('POST', '/v1/me/totp')
    expect((await browser('POST', '/v1/me/totp/confirm', { code: code(started.secret) })).status).toBe(200)
    expect((await browser('GET', '/v1/business')).status).toBe(200)
    expect((await browser('POST', '/v1/me/totp/remove', { password })).body.code).toBe('mfa.required-here')
  })

  it('the secret is sealed, and a reset password does not skip it (R39)', async () => {
    const { email, secret, id } = await withTotp()
    const { rows } = await server.database.owner.query('select a::text as row from account a where id = $1', [id])
    expect(rows[0].row).not.toContain(Buffer.from(secret).toString('hex'))
    await aBrowser(server)('POST', '/v1/password-resets', { email })
    await aBrowser(server)('POST', '/v1/password-resets/complete', { token: await tokenOfMail(email), password: 'yet another phrase 73' })
    expect((await aBrowser(server).signIn(email, 'yet another phrase 73')).body).toEqual({ state: 'mfa-needed' })
  })
})

describe('links of mails (R33, ACC-5)', () => {
  it('a reset works once, within the hour, ends all sessions and signs nobody in', async () => {
    const { browser, email } = await signedIn()
    const reset = aBrowser(server)
    expect((await reset('POST', '/v1/password-resets', { email })).body).toBe(null)
    const old = await tokenOfMail(email)
    await reset('POST', '/v1/password-resets', { email })
    const token = await tokenOfMail(email)
    const complete = (one: string) => reset('POST', '/v1/password-resets/complete', { token: one, password: 'yet another phrase 73' })
    expect((await complete(old)).body.code).toBe('link.invalid')
    const both = await Promise.all([complete(token), complete(token)])
    expect(both.map((one) => one.status).sort()).toEqual([200, 410])
    expect(reset.cookie).toBe(undefined)
    expect((await browser('GET', '/v1/session')).status).toBe(401)
    await reset('POST', '/v1/password-resets', { email })
    const late = await tokenOfMail(email)
    server.clock.add(61 * 60_000)
    expect((await complete(late)).body.code).toBe('link.invalid')
    server.clock.set(new Date())
  }, 30_000)

  it('asking for one tells nothing of who exists', async () => {
    const { email } = await anAccount()
    const quickest: Record<string, number> = {}
    const answers = new Set<string>()
    const beats = () => new Set(Object.values(quickest).map((ms) => Math.round(ms / 500)))
    // the quickest of each: what the machine's other work adds is not ours
    let rounds = 0
    for (; rounds === 0 || (rounds < 4 && beats().size > 1); rounds++) {
      for (const address of [email, 'nobody@example.com', 'not an address at all']) {
        const startMs = performance.now()
        const { status, body } = await aBrowser(server)('POST', '/v1/password-resets', { email: address })
        quickest[address] = Math.min(quickest[address] ?? Infinity, performance.now() - startMs)
        answers.add(JSON.stringify([status, body]))
      }
    }
    expect([answers.size, beats().size], JSON.stringify([...answers, quickest])).toEqual([1, 1])
    expect((await server.database.owner.query('select recipient from outbox where partner_id = $1', [partnerId])).rows).toEqual(Array.from({ length: rounds }, () => ({ recipient: email })))
  })

  it('an invitation is looked at any number of times, accepted once, and signs in', async () => {
    const admin = await signedIn({ role: 'administrator' })
    const { status, body: invited } = await admin.browser('POST', '/v1/accounts', { email: 'New@Example.com', firstName: 'New', lastName: 'One', role: 'technician', locale: 'fr', timeZone: 'Europe/Paris', scope: null })
    expect(status).toBe(200)
    expect(invited).toMatchObject({ email: 'new@example.com', state: 'invited', isPrimary: false })
    expect((await aBrowser(server).signIn('new@example.com')).status).toBe(401)
    const token = await tokenOfMail('new@example.com')
    const browser = aBrowser(server)
    for (let n = 0; n < 3; n++) expect((await browser('POST', '/v1/invitations/look', { token })).body).toEqual({ email: 'new@example.com', businessName: 'Acme Security', locale: 'fr' })
    const person = { firstName: 'Nouvelle', lastName: 'Personne', locale: 'fr', timeZone: 'Europe/Paris' }
    expect((await browser('POST', '/v1/invitations/accept', { token, password: 'acmesecurity1', ...person })).body.code).toBe('password.breached')
    expect((await browser('POST', '/v1/invitations/accept', { token, password, ...person })).body).toEqual({ state: 'full' })
    expect((await browser('GET', '/v1/session')).body.account).toMatchObject({ id: invited.id, firstName: 'Nouvelle', state: 'active' })
    expect((await aBrowser(server)('POST', '/v1/invitations/accept', { token, password, ...person })).body.code).toBe('link.invalid')
    expect((await admin.browser('POST', `/v1/accounts/${invited.id}/invitation`)).body.code).toBe('account.active-already')
  }, 30_000)

  it('a link expires after a week, is replaced by a new one, and dies with the account', async () => {
    const admin = await signedIn({ role: 'administrator' })
    const { body: invited } = await admin.browser('POST', '/v1/accounts', { email: 'late@example.com', firstName: 'L', lastName: 'L', role: 'read-only', locale: 'en', timeZone: 'UTC', scope: null })
    const first = await tokenOfMail('late@example.com')
    server.clock.add(1_000)
    await admin.browser('POST', `/v1/accounts/${invited.id}/invitation`)
    const second = await tokenOfMail('late@example.com')
    const look = async (token: string) => (await aBrowser(server)('POST', '/v1/invitations/look', { token })).status
    expect([await look(first), await look(second)]).toEqual([410, 200])
    server.clock.add(7 * 86_400_000)
    expect(await look(second)).toBe(410)
    server.clock.set(new Date())
    const admin2 = await signedIn({ role: 'administrator' })
    expect((await admin2.browser('DELETE', `/v1/accounts/${invited.id}`)).status).toBe(200)
    expect(await look(second)).toBe(410)
  })
})

describe('accounts (ACC-3..5, R5)', () => {
  const invitation = (role: Role, more: object = {}) => ({ email: `i-${number++}@example.com`, firstName: 'I', lastName: 'I', role, locale: 'en', timeZone: 'UTC', scope: null, ...more })

  it('fifty and no more, counted together when two invite at once', async () => {
    const { browser } = await signedIn({ role: 'owner', isPrimary: true })
    await server.database.owner.query(
      `insert into account (partner_id, id, email, first_name, last_name, role, state, locale, time_zone) select $1, gen_random_uuid(), 'x' || n || '@example.com', 'X', 'X', 'billing', 'active', 'en', 'UTC' from generate_series(1, 49) n`, [partnerId],
    )
    const both = await Promise.all([browser('POST', '/v1/accounts', invitation('read-only')), browser('POST', '/v1/accounts', invitation('read-only'))])
    expect(both.map((one) => one.body.code ?? 'ok').sort()).toEqual(['account.too-many', 'ok'])
  })

  it('an address once a business; in another business it is free, and nobody learns of it', async () => {
    const { browser, email } = await signedIn({ role: 'owner' })
    const elsewhere = await anAccount({ partner: await aPartner(server.database) })
    expect((await browser('POST', '/v1/accounts', invitation('read-only', { email }))).body.code).toBe('account.email-taken')
    expect((await browser('POST', '/v1/accounts', invitation('read-only', { email: elsewhere.email }))).status).toBe(200)
  })

  it('the primary is not edited, disabled, removed; oneself neither', async () => {
    const primary = await signedIn({ role: 'owner', isPrimary: true })
    const owner = await signedIn({ role: 'owner' })
    for (const body of [{ role: 'read-only' }, { isDisabled: true }, { scope: [] }]) {
      expect((await owner.browser('PATCH', `/v1/accounts/${primary.id}`, body, { 'if-match': '1' })).body.code).toBe('account.is-primary')
      expect((await owner.browser('PATCH', `/v1/accounts/${owner.id}`, body, { 'if-match': '1' })).body.code).toBe('account.is-self')
    }
    expect((await owner.browser('DELETE', `/v1/accounts/${primary.id}`)).body.code).toBe('account.is-primary')
    expect((await owner.browser('DELETE', `/v1/accounts/${owner.id}`)).body.code).toBe('account.is-self')
  })

  it('of two tabs that edit one account the second is told', async () => {
    const admin = await signedIn({ role: 'administrator' })
    const { id } = await anAccount({ role: 'technician' })
    const edit = (version: string | null) => admin.browser('PATCH', `/v1/accounts/${id}`, { role: 'read-only' }, version === null ? {} : { 'if-match': version })
    expect((await edit(null)).body.code).toBe('request.precondition-missing')
    expect((await edit('"1"')).body.version).toBe(2)
    expect((await edit('"1"')).body.code).toBe('request.changed-meanwhile')
  })

  it('a portal account belongs to named customers', async () => {
    const { browser } = await signedIn({ role: 'owner' })
    const customerId = await aCustomer(server.database, partnerId)
    for (const scope of [null, [], [{ effect: 'allow', target: { kind: 'all' }, endsAt: null }]]) {
      expect((await browser('POST', '/v1/accounts', invitation('portal-viewer', { scope }))).body.fields?.[0]).toMatchObject({ path: 'scope' })
    }
    expect((await browser('POST', '/v1/accounts', invitation('portal-viewer', { scope: [{ effect: 'allow', target: { kind: 'customer', customerId }, endsAt: null }] }))).status).toBe(200)
  })

  it('nobody makes, changes or removes an account mightier than himself, in role or scope', async () => {
    const customerId = await aCustomer(server.database, partnerId)
    const other = await aCustomer(server.database, partnerId)
    const line = (id: string) => [{ effect: 'allow', target: { kind: 'customer', customerId: id }, endsAt: null }]
    const limited = await anAccount({ role: 'administrator', isScopeLimited: true })
    await server.database.owner.query(`insert into scope_line (partner_id, id, account_id, position, effect, target, customer_id) values ($1, gen_random_uuid(), $2, 0, 'allow', 'customer', $3)`, [partnerId, limited.id, customerId])
    const browser = aBrowser(server)
    await browser.signIn(limited.email)
    const codeOf = async (body: object) => (await browser('POST', '/v1/accounts', body)).body.code ?? 'ok'
    expect(await codeOf(invitation('technician'))).toBe('account.mightier')
    expect(await codeOf(invitation('technician', { scope: [{ effect: 'allow', target: { kind: 'all' }, endsAt: null }] }))).toBe('account.mightier')
    expect(await codeOf(invitation('technician', { scope: line(other) }))).toBe('customer.not-found')
    expect(await codeOf(invitation('owner', { scope: line(customerId) }))).toBe('account.mightier')
    expect(await codeOf(invitation('administrator', { scope: line(customerId) }))).toBe('ok')
    const wide = await anAccount({ role: 'read-only' })
    expect((await browser('DELETE', `/v1/accounts/${wide.id}`)).body.code).toBe('account.mightier')
    expect((await browser('PATCH', `/v1/accounts/${wide.id}`, { scope: line(customerId) }, { 'if-match': '1' })).body.code).toBe('account.mightier')
    // one whose lines name a customer he does not see: shown without it, and out of his reach
    const hidden = await anAccount({ role: 'technician', isScopeLimited: true })
    await server.database.owner.query(`insert into scope_line (partner_id, id, account_id, position, effect, target, customer_id) values ($1, gen_random_uuid(), $2, 0, 'allow', 'customer', $3)`, [partnerId, hidden.id, other])
    expect((await browser('GET', `/v1/accounts/${hidden.id}`)).body.scope).toEqual([])
    expect((await browser('PATCH', `/v1/accounts/${hidden.id}`, { role: 'read-only' }, { 'if-match': '1' })).body.code).toBe('account.mightier')
  })

  it('ownership passes with the password, to an active account; both are told and have other rights at once (ACC-4)', async () => {
    const primary = await signedIn({ role: 'owner', isPrimary: true })
    const heir = await signedIn({ role: 'technician' })
    const owner = await signedIn({ role: 'owner' })
    const invited = await anAccount({ role: 'technician' })
    await server.database.owner.query(`update account set state = 'invited' where id = $1`, [invited.id])
    const pass = (browser: Browser, accountId: string, typed = password) => browser('POST', '/v1/business/primary', { accountId, password: typed })
    expect((await pass(primary.browser, heir.id, wrong)).body.code).toBe('password.wrong')
    expect((await pass(primary.browser, invited.id)).body.code).toBe('account.not-active')
    expect((await pass(primary.browser, primary.id)).body.code).toBe('account.is-self')
    expect((await pass(owner.browser, heir.id)).body.code).toBe('permission.missing')
    expect((await pass(primary.browser, heir.id)).status).toBe(200)
    expect((await heir.browser('GET', '/v1/session')).status).toBe(401)
    await heir.browser.signIn(heir.email)
    expect((await heir.browser('GET', '/v1/session')).body.account).toMatchObject({ isPrimary: true, role: 'owner' })
    expect((await primary.browser('GET', '/v1/session')).body.account).toMatchObject({ isPrimary: false, role: 'administrator' })
    const { rows } = await server.database.owner.query(`select recipient from outbox where partner_id = $1 and kind = 'ownership-transferred' order by recipient`, [partnerId])
    expect(rows.map((row) => row.recipient)).toEqual([heir.email, primary.email].sort())
    expect(await activities()).toContain('business.primary-transferred')
  }, 30_000)

  it('pages, sorts and searches', async () => {
    const { browser } = await signedIn({ role: 'owner' })
    for (const email of ['c@example.com', 'a@example.com', 'b@example.com']) await anAccount({ email, role: 'read-only' })
    for (const sort of ['email', '-email', 'lastName', 'role', '-lastSignInAt']) {
      const seen: string[] = []
      let cursor = ''
      do {
        const { body } = await browser('GET', `/v1/accounts?limit=2&sort=${sort}${cursor}`)
        seen.push(...body.rows.map((row: { email: string }) => row.email))
        cursor = body.nextCursor ? `&cursor=${body.nextCursor}` : ''
      } while (cursor)
      expect(new Set(seen).size, sort).toBe(4)
      expect(seen, sort).toHaveLength(4)
      if (sort === 'email') expect(seen).toEqual(seen.toSorted())
    }
    expect((await browser('GET', '/v1/accounts?q=A@EXAMPLE')).body.rows).toHaveLength(1)
    expect((await browser('GET', '/v1/accounts?cursor=AAAA')).body.code).toBe('request.invalid')
  })
})
