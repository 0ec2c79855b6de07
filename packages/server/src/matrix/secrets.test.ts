import { generateSync } from 'otplib'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { AnyRoute } from '@vigie/domain/kernel'
import { aBrowser, type Browser } from '../access/testing/browser.ts'
import { testServer, type TestServer } from '../platform/testing/server.ts'

/**
 * What is told once, or typed, is found nowhere afterwards (R39): not in any row, not where replies to a repeated request are kept, not in the audit log as people read it, not in the
 * log. The database is read past the wall, as whoever has a copy of the disk would.
 */
let server: TestServer
let owner: Browser
const logged: string[] = []
const secrets = new Map<string, string>()
const told = (what: string, secret: string): string => {
  expect(secret.length, what).toBeGreaterThanOrEqual(6)
  secrets.set(what, secret)
  return secret
}
const typed = {
  password: told('a password', 'an owner with a phrase 71'),
  changed: told('a changed password', 'an owner with a phrase 72'),
}
const email = 'ada@example.com'
const person = { firstName: 'Ada', lastName: 'Byron', locale: 'en', timeZone: 'UTC' }

beforeAll(async () => {
  server = await testServer()
  for (const level of ['debug', 'info', 'warn', 'error'] as const)
    server.services.log[level] = (message, data) => void logged.push(`${message} ${JSON.stringify(data ?? {})}`)
  owner = aBrowser(server)
  const token = told('the set-up token', server.services.setupToken!)
  await asked(owner('POST', '/v1/setup', { businessName: 'Vigie Operations', email, password: typed.password, ...person, token }))
  told('a session', owner.cookie!)
})
afterAll(() => server.close())

async function asked(answer: ReturnType<Browser>): Promise<any> {
  const { status, body } = await answer
  expect(status, JSON.stringify(body)).toBe(200)
  return body
}
/** As a person who presses twice: the reply is kept for a day. */
let presses = 0
const once = () => ({ 'idempotency-key': `press-${++presses}` })
const linkFor = async (subject: RegExp) => {
  const { rows } = await asked(owner('GET', '/v1/deliveries?limit=50'))
  const mail = await asked(owner('GET', `/v1/deliveries/${rows.find((one: { subject: string }) => subject.test(one.subject)).id}`))
  return /#([\w-]{20,})/.exec(mail.text)![1]!
}

/** Of every row that there is, those in which it stands: as a text, as its bytes, in base64 or hashed by nothing. */
async function rowsWith(secret: string): Promise<string[]> {
  const bytes = Buffer.from(secret)
  const forms = [
    secret,
    bytes.toString('hex'),
    bytes.toString('base64').replace(/=+$/, ''),
    bytes.toString('base64url'),
    JSON.stringify(secret).slice(1, -1),
  ]
  const { rows: tables } = await server.database.owner.query<{ name: string }>(
    `select format('%I.%I', n.nspname, c.relname) as name from pg_class c join pg_namespace n on n.oid = c.relnamespace where c.relkind = 'r' and n.nspname not in ('pg_catalog', 'information_schema', 'pg_toast')`,
  )
  expect(tables.length).toBeGreaterThan(60)
  const found: string[] = []
  for (const { name } of tables) {
    const { rowCount } = await server.database.owner.query(`select from ${name} t where t::text like any($1) limit 1`, [
      forms.map((form) => `%${form.replace(/[\\%_]/g, '\\$&')}%`),
    ])
    if (rowCount !== 0) found.push(name)
  }
  return found
}

describe('secrets that people type or are told once (R39)', () => {
  it('are taken and told: a second factor, links of mails, keys, credentials', async () => {
    const { secret } = await asked(owner('POST', '/v1/me/totp', undefined, once()))
    told('the seed of a second factor', secret)
    const code = generateSync({ secret, epoch: Math.floor(server.clock.now().getTime() / 1000) })
    const { recoveryCodes } = await asked(owner('POST', '/v1/me/totp/confirm', { code }, once()))
    told('a recovery code', recoveryCodes[0])
    told('another one, without its hyphens', recoveryCodes[1].replaceAll('-', ''))
    const renewed = await asked(owner('POST', '/v1/me/recovery-codes', { password: typed.password }, once()))
    told('a renewed recovery code', renewed.recoveryCodes[0])
    await asked(owner('POST', '/v1/me/password', { currentPassword: typed.password, newPassword: typed.changed }, once()))
    told('a session after a change', owner.cookie!)

    await asked(owner('POST', '/v1/accounts', { email: 'new@example.com', ...person, role: 'technician', scope: null }, once()))
    const invitation = told('the link of an invitation', await linkFor(/invited/))
    const accepted = aBrowser(server)
    await asked(
      accepted('POST', '/v1/invitations/accept', {
        token: invitation,
        password: told('a first password', 'a technician with a phrase 73'),
        ...person,
      }),
    )
    await asked(aBrowser(server)('POST', '/v1/password-resets', { email: 'new@example.com' }))
    told('the link of a reset', await linkFor(/password/i))
    expect((await aBrowser(server).signIn('new@example.com', told('a wrong guess', 'nobody guesses this 74'))).status).toBe(401)
    expect(
      (await aBrowser(server).signIn(told('an address that is no account', 'typed-into-the-wrong-field'), 'x'.repeat(12))).status,
    ).toBe(401)

    const made = await asked(
      owner(
        'POST',
        '/v1/customers',
        {
          profile: {
            company: 'Bakery',
            address: '',
            city: '',
            state: '',
            postalCode: '',
            country: 'FR',
            industry: '',
            sizeEndpoints: null,
            phone: '',
          },
          account: { accountId: 'bakery', timeZone: 'UTC', locale: 'en' },
          contact: { firstName: 'Ada', lastName: 'Byron', email: 'ada@bakery.example', phone: '', locale: 'en' },
          products: ['clamav-endpoint', 'clamav-site-server'].map((typeId) => ({ typeId, description: typeId.replaceAll('-', '') })),
        },
        once(),
      ),
    )
    const customerId = made.customer.id
    const [endpoint, site] = made.products.map(({ id }: { id: string }) => id)
    told('a one-use key', (await asked(owner('POST', `/v1/products/${endpoint}/key`, undefined, once()))).key)
    told('a key for endpoints', (await asked(owner('POST', `/v1/products/${site}/site/keys`, { machines: 3 }, once()))).key)
    const { connectionCode } = await asked(owner('POST', `/v1/products/${site}/connection-code`, { machines: 3 }, once()))
    told('a connection code', connectionCode)
    told(
      'the password of registration credentials',
      (await asked(owner('POST', `/v1/customers/${customerId}/credentials`, { graceHours: 24 }, once()))).password,
    )
  })

  it('stand in no row of any table', async () => {
    expect(secrets.size).toBeGreaterThan(15)
    const found: string[] = []
    for (const [what, secret] of secrets) found.push(...(await rowsWith(secret)).map((table) => `${what} in ${table}`))
    expect(found).toEqual([])
    // whoever looks finds what is no secret
    expect(await rowsWith('Bakery')).toContain('public.customer')
  })

  it('nor in the audit log as it is read, nor in the log', async () => {
    const read: string[] = []
    for (let cursor = ''; ;) {
      const page = await asked(owner('GET', `/v1/audit?limit=200${cursor}`))
      read.push(JSON.stringify(page.rows))
      if (page.nextCursor === null) break
      cursor = `&cursor=${encodeURIComponent(page.nextCursor)}`
    }
    expect(read.join('')).toContain('credentials-made')
    const all = [...read, ...logged].join('\n')
    expect([...secrets].filter(([, secret]) => all.includes(secret)).map(([what]) => what)).toEqual([])
  })

  it('are told by these routes: one more has its place above', () => {
    const tells = server.handlers.map(({ route }) => route).filter((route: AnyRoute) => route.hasSecretReply === true)
    expect(tells.map(({ id }) => id).toSorted()).toEqual([
      'customers.make-credentials',
      'me.confirm-totp',
      'me.renew-recovery-codes',
      'me.start-totp',
      'products.connection-code',
      'products.issue-key',
      'sites.issue-key',
    ])
  })
})
