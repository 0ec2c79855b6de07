import { spawn, type ChildProcess } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { accessApi } from '@vigie/domain/access'
import { auditApi } from '@vigie/domain/audit'
import { customersApi } from '@vigie/domain/customers'
import { eventsApi } from '@vigie/domain/events'
import { maintenanceApi } from '@vigie/domain/maintenance'
import { outboxApi } from '@vigie/domain/outbox'
import { outbreakApi } from '@vigie/domain/outbreak'
import { productsApi } from '@vigie/domain/products'
import { viewsApi } from '@vigie/domain/views'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ConsoleClient } from '../src/console/index.ts'
import { readFolder } from '../src/demo/folder.ts'
import { people } from '../src/demo/index.ts'
import { startPast } from '../src/demo/server.ts'

const main = path.resolve(import.meta.dirname, '../src/demo/main.ts')
const folder = mkdtempSync(path.join(tmpdir(), 'vigie-demo-'))

/** As `npm run demo` runs it. Resolves once it has printed all it says at its start, or has ended. */
async function run(...flags: string[]): Promise<{ child: ChildProcess; said: string; code: number | null }> {
  const child = spawn(
    process.execPath,
    [main, '--data', folder, '--port', '0', '--agent-port', '0', '--customers', '3', '--days', '10', ...flags],
    { stdio: ['ignore', 'pipe', 'pipe'] },
  )
  let said = ''
  return await new Promise((resolve) => {
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (text: string) => {
        said += text
        if (said.includes('Ctrl-C stops')) resolve({ child, said, code: null })
      })
    }
    child.once('exit', (code) => resolve({ child, said, code }))
  })
}
const ended = (child: ChildProcess, signal: 'SIGINT' | 'SIGKILL') =>
  new Promise<number | null>((resolve) => {
    if (child.exitCode !== null || child.signalCode !== null) return resolve(child.exitCode)
    child.once('exit', (code) => resolve(code))
    child.kill(signal)
  })

/** One small demo, from its first day to its second start. */
describe('npm run demo (OPS-1)', () => {
  let demo: Awaited<ReturnType<typeof run>>
  let clients: ConsoleClient[]
  const enter = async () => {
    const url = /http:\/\/127\.0\.0\.1:\d+/.exec(demo.said)?.[0]
    expect(url, demo.said).toBeDefined()
    clients = await Promise.all(
      people.map(async ({ email, password }) => {
        const client = new ConsoleClient(url!)
        await client.signIn(email, password)
        return client
      }),
    )
  }
  const until = async (isSo: () => Promise<boolean>) => {
    for (const end = performance.now() + 60_000; !(await isSo()); await new Promise((resolve) => setTimeout(resolve, 100)))
      expect(performance.now()).toBeLessThan(end)
  }

  beforeAll(async () => {
    demo = await run()
    await enter()
  }, 180_000)
  afterAll(async () => {
    await ended(demo.child, 'SIGINT')
    rmSync(folder, { recursive: true, force: true })
  }, 60_000)

  it('prints who may sign in; each has another role, and is told that all is made up', async () => {
    for (const { email, password } of people) expect(demo.said).toMatch(new RegExp(`${email} +${password}`))
    const them = await Promise.all(clients.map((client) => client.call(accessApi.getMe)))
    expect(them.map(({ account, isSimulated }) => [account.role, isSimulated])).toEqual(
      ['owner', 'technician', 'read-only', 'administrator', 'technician', 'billing', 'portal-viewer'].map((role) => [role, true]),
    )
    // Marc approves what one person alone must not (R16): his second factor is printed beside his password
    expect(them.map(({ state }) => state)).toEqual(people.map(({ email }) => (email.startsWith('marc') ? 'mfa-needed' : 'full')))
    expect(demo.said).toMatch(/marc@.* administrator, second factor [A-Z2-7]{32}\n/)
    // limited to a tag, and to the customer whose portal it is
    const { rows: mails } = await clients[0]!.call(outboxApi.listDeliveries, { query: { limit: 50 } })
    expect(mails.length).toBeGreaterThan(people.length)
    expect(mails.filter(({ subject }) => !/^(\[Simulated\]|\[Simulation\]|【シミュレーション】)/.test(subject))).toEqual([])
    for (const limited of [4, 6])
      expect((await clients[limited]!.call(customersApi.listCustomers, { query: {} })).rows.map(({ company }) => company)).toEqual([
        'Clinique des Tilleuls',
      ])
  })

  it('has a past that the product wrote itself: customers since days ago, events that came and went, an audit log that holds', async () => {
    const [owner] = clients
    const { rows: customers } = await owner!.call(customersApi.listCustomers, { query: {} })
    expect(customers.map(({ company }) => company).toSorted()).toEqual([
      'Boulangerie Martin',
      'Clinique des Tilleuls',
      '株式会社みなと運輸',
    ])
    expect(customers.every(({ createdAt }) => Date.parse(createdAt) < Date.now() - 9 * 86_400_000)).toBe(true)
    const { rows: open } = await owner!.call(eventsApi.listEvents, { query: { limit: 50 } })
    expect(open.map(({ category, condition }) => `${category} ${condition}`)).toEqual(
      expect.arrayContaining([
        'antivirus uncleaned',
        'antivirus real-time-scan-off',
        'antivirus many-incidents',
        'botnet many-incidents',
        'network-virus many-incidents',
      ]),
    )
    expect(open.some(({ assignee }) => assignee?.name.includes('花子'))).toBe(true)
    const { rows: found } = await owner!.call(eventsApi.listDetections, {
      query: { until: new Date(Date.now() - 5 * 86_400_000).toISOString() },
    })
    expect(found.length).toBeGreaterThan(0)
    expect(await owner!.call(auditApi.verifyAudit)).toMatchObject({ isIntact: true })
  })

  it('has virus alerts, one declared and one from a signed feed; maintenance windows; views; licences that machines report (EVT-1, EVT-5, EVT-9)', async () => {
    const [owner] = clients
    const { rows: alerts } = await owner!.call(outbreakApi.alertsNow)
    expect(alerts.map(({ level, isFromFeed }) => [level, isFromFeed])).toEqual([
      ['red', false],
      ['yellow', true],
    ])
    expect(
      (await owner!.call(outbreakApi.listRules, { query: {} })).rows.find(({ company }) => company === 'Clinique des Tilleuls'),
    ).toMatchObject({ hasConsented: true })
    expect((await owner!.call(maintenanceApi.listWindows, { query: {} })).rows.map(({ target }) => target.kind).toSorted()).toEqual([
      'all',
      'tag',
    ])
    expect(
      (await clients[1]!.call(viewsApi.listViews, { query: { list: 'events' } })).rows.map(({ isShared, isOwn }) => [isShared, isOwn]),
    ).toEqual([[true, false]])
    const { rows: open } = await owner!.call(eventsApi.listEvents, { query: { category: 'outbreak-defence' } })
    expect(open.map(({ condition, productName }) => `${condition} ${productName}`)).toEqual(
      expect.arrayContaining(['to-clean 本社サーバー', 'to-clean 営業所']),
    )
  })

  it('plays types that this version cannot connect, and says of each that it is simulated (PRD-1)', async () => {
    const { types } = await clients[0]!.call(productsApi.getCatalogue)
    const { rows: products } = await clients[0]!.call(productsApi.listProducts, { query: {} })
    const typeOf = (id: string) => types.find((type) => type.id === id)!
    expect(products.map(({ typeId }) => typeOf(typeId)).filter((type) => type.isConnectable === type.isSimulated)).toEqual([])
    expect(products.filter(({ typeId }) => typeOf(typeId).isSimulated).length).toBeGreaterThan(3)
    await until(
      async () =>
        (await clients[0]!.call(productsApi.listProducts, { query: {} })).rows.filter(({ state }) => state === 'online').length >= 6,
    )
  })

  it('an event one works on is mended: the engine that is told to scan says so', async () => {
    const [owner] = clients
    const { rows: products } = await owner!.call(productsApi.listProducts, { query: {} })
    const productId = products.find(({ description }) => description === 'Fournil')!.id
    const {
      rows: [event],
    } = await owner!.call(eventsApi.listEvents, { query: { productId } })
    await owner!.call(eventsApi.resolveEvent, { params: { eventId: event!.id } })
    await until(async () => (await owner!.call(eventsApi.getEvent, { params: { eventId: event!.id } })).state === 'resolved')
  }, 70_000)

  it('goes on where it was, even killed; another seed is refused; a history is written into nothing that holds one', async () => {
    const before = await clients[0]!.call(accessApi.getMe)
    await ended(demo.child, 'SIGKILL')
    await until(async () => {
      demo = await run()
      return demo.code === null // the killed one's server lets the folder go within a second
    })
    expect(demo.said).toContain('goes on where it was left')
    await enter()
    expect((await clients[0]!.call(accessApi.getMe)).account.id).toBe(before.account.id)
    const { rows: products } = await clients[0]!.call(productsApi.listProducts, { query: {} })
    expect(products.filter(({ state }) => state === 'online').length).toBeGreaterThanOrEqual(6)
    const other = await run('--seed', '2')
    expect([other.code, other.said]).toEqual([64, expect.stringContaining('--seed 1')])
    await ended(demo.child, 'SIGINT')
    const { agentPort } = readFolder(folder)!
    await expect(startPast({ folder, port: 0, agentPort })).rejects.toThrow('holds an installation already')
  }, 120_000)
})
