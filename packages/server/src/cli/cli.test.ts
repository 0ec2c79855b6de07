import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { testDatabase, type TestDatabase } from '../platform/testing/database.ts'
import { findLink } from '../access/links.ts'
import { start, type Running } from '../start.ts'
import { readConfig } from '../platform/config.ts'
import { createLog } from '../platform/index.ts'
import { openInstallation } from './open.ts'

const folder = mkdtempSync(path.join(tmpdir(), 'vigie-cli-'))
const passwordFile = path.join(folder, 'password')
const password = 'a long enough phrase 71'
writeFileSync(passwordFile, `${password}\n`)
afterAll(() => rmSync(folder, { recursive: true, force: true }))

async function vigie(args: string[], env: Record<string, string> = {}): Promise<{ code: number | null; out: string; err: string }> {
  const child = spawn(process.execPath, [path.join(import.meta.dirname, 'main.ts'), ...args], {
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let [out, err] = ['', '']
  child.stdout.on('data', (chunk) => void (out += chunk))
  child.stderr.on('data', (chunk) => void (err += chunk))
  const code = await new Promise<number | null>((resolve) => child.on('close', resolve))
  return { code, out, err }
}
const setup = [
  'setup',
  '--email',
  'Ada@example.com',
  '--password-file',
  passwordFile,
  '--business',
  'Acme',
  '--language',
  'fr',
  '--time-zone',
  'Europe/Paris',
]

describe("vigie ... beside a database of one's own (OPS-2)", () => {
  let database: TestDatabase
  let env: Record<string, string>
  beforeAll(async () => {
    database = await testDatabase()
    env = {
      DATABASE_URL: database.url.replace(/^postgres(ql)?:\/\/([^@/]*)@\//, 'postgresql://$2@localhost/'),
      VIGIE_DATA: path.join(folder, 'own'),
    }
  })
  afterAll(() => database.close())

  it('sets up once, without a browser (ACC-4, R8)', async () => {
    expect(await vigie(setup, env)).toEqual({ code: 0, out: 'Acme is set up. Sign in as ada@example.com.\n', err: '' })
    const { rows } = await database.owner.query(
      'select a.email, a.role, a.is_primary, a.state, a.locale, a.time_zone, p.name, p.kind from account a join partner p on p.id = a.partner_id',
    )
    expect(rows).toEqual([
      {
        email: 'ada@example.com',
        role: 'owner',
        is_primary: true,
        state: 'active',
        locale: 'fr',
        time_zone: 'Europe/Paris',
        name: 'Acme',
        kind: 'operator',
      },
    ])
    const again = await vigie(setup, env)
    expect(again).toMatchObject({ code: 1, out: '' })
    expect(again.err).toBe('vigie: This installation is set up already. Sign in.\n')
  })

  it('lists accounts and takes a second factor away, which leaves its record (R31, R40)', async () => {
    const { owner } = database
    await owner.query(`update account set totp_secret = '\\x00'`)
    expect((await vigie(['user', 'list'], env)).out).toMatch(/Acme +ada@example.com +owner \(primary\) +active +yes +never/)
    expect(await vigie(['user', 'reset-mfa', '--email', 'nobody@example.com'], env)).toMatchObject({ code: 1, out: '' })
    expect(await vigie(['user', 'reset-mfa', '--email', 'ada@example.com'], env)).toMatchObject({ code: 0, err: '' })
    expect((await owner.query('select totp_secret from account')).rows).toEqual([{ totp_secret: null }])
    expect((await owner.query(`select actor_kind, source, activity from audit order by sequence`)).rows).toEqual([
      { actor_kind: 'operator', source: 'command-line', activity: 'setup.completed' },
      { actor_kind: 'operator', source: 'command-line', activity: 'mfa.reset' },
    ])
  })

  it('prints a link that sets a new password, for who forgot it where no mail goes out; nothing of it stays in clear (R31, R40)', async () => {
    expect(await vigie(['user', 'reset-password', '--email', 'nobody@example.com'], env)).toMatchObject({ code: 1, out: '' })
    const { code, out, err } = await vigie(
      ['user', 'reset-password', '--email', 'ada@example.com', '--public-url', 'https://vigie.example'],
      env,
    )
    expect([code, err]).toEqual([0, ''])
    const [, token] =
      /^Within an hour, ada@example\.com of Acme sets a new password at https:\/\/vigie\.example\/reset-password#([\w-]{43})\n$/.exec(
        out,
      ) ?? []
    expect(token, out).toBeDefined()
    const { rows } = await database.owner.query<{ line: string }>(
      'select to_jsonb(l)::text as line from mail_link l union all select to_jsonb(a)::text from audit a union all select to_jsonb(o)::text from outbox o',
    )
    expect(rows.filter(({ line }) => line.includes(token!))).toEqual([])
    const { services, close } = await openInstallation(readConfig([], env), createLog('error'))
    try {
      expect(await findLink(services, token!, 'password-reset')).toMatchObject({ partnerId: expect.any(String) })
    } finally {
      await close()
    }
    expect((await database.owner.query('select activity from audit order by sequence desc limit 1')).rows).toEqual([
      { activity: 'password.reset-requested' },
    ])
  })

  it('verifies the audit chain, and says by its exit code that it was touched (ACC-11)', async () => {
    expect(await vigie(['audit', 'verify'], env)).toMatchObject({
      code: 0,
      out: expect.stringMatching(/Acme: intact, 3 records, head [0-9a-f]{64}\n$/),
    })
    await database.owner.query(`update audit set object_name = 'somebody else' where sequence = 1`)
    expect(await vigie(['audit', 'verify'], env)).toMatchObject({ code: 1, out: expect.stringContaining('BROKEN at record 1') })
  })

  it.each([
    [['frobnicate'], /There is no command "frobnicate"/, 64],
    [['setup', '--email', 'x@example.com'], /needs --password-file/, 64],
    [['setup', ...setup.slice(1), '--nonsense', '1'], /Unknown option/, 64],
    [['setup', '--email', 'not an address', '--password-file', passwordFile, '--business', 'B'], /email: This is not an e-mail address/, 1],
    [
      ['setup', '--email', 'x@example.com', '--password-file', '/nowhere/at/all', '--business', 'B'],
      /There is no file \/nowhere\/at\/all/,
      1,
    ],
  ])('%j: one sentence, and an exit code', async (args, sentence, code) => {
    const result = await vigie(args, env)
    expect(result).toMatchObject({ code, out: '' })
    expect(result.err).toMatch(sentence)
    expect(result.err).not.toContain(password)
    expect(result.err.split('\n').length).toBe(2)
  })
})

describe('vigie ... beside the embedded database (OPS-1)', () => {
  it('works while the server is stopped, and while it runs on the same folder', async () => {
    const data = path.join(folder, 'embedded')
    expect(await vigie([...setup, '--data', data])).toMatchObject({ code: 0, err: '' })
    let running: Running | undefined
    try {
      running = await start(readConfig(['--data', data, '--port', '0', '--agent-port', '0'], {}), createLog('silent'))
      expect(running.setupLink).toBe(null)
      const list = await vigie(['user', 'list', '--data', data])
      expect(list).toMatchObject({ code: 0, err: '' })
      expect(list.out).toContain('ada@example.com')
      const answer = await fetch(`${running.publicUrl}/api/v1/session`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ email: 'ada@example.com', password }),
      })
      expect(await answer.json()).toEqual({ state: 'full' })
    } finally {
      await running?.stop()
    }
  }, 60_000)
})
