import { spawn, type ChildProcess } from 'node:child_process'
import { generateKeyPairSync, randomBytes } from 'node:crypto'
import path from 'node:path'
import { createInterface } from 'node:readline'
import { expect } from 'vitest'
import type { Database } from '../../platform/index.ts'
import { aCustomer, aPartner, aProduct } from '../../platform/testing/database.ts'
import { aDetection, aKey, aMachine, TestIdentity, type Target } from './agent.ts'
import { DurableAgent } from './durable.ts'

interface Running {
  child: ChildProcess
  target: Target
}

/** Several real server processes on one database, started and killed at will. */
export class ServerProcesses {
  readonly #secrets = [
    randomBytes(32).toString('hex'),
    generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'der' }).toString('hex'),
  ]
  readonly #url: string
  running: Running[] = []
  /** Also those that are still starting. */
  readonly #children = new Set<ChildProcess>()

  constructor(url: string) {
    this.#url = url
  }

  async start(): Promise<Running> {
    const child = spawn(process.execPath, [path.join(import.meta.dirname, 'process.ts'), this.#url, ...this.#secrets], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    this.#children.add(child)
    child.once('exit', () => this.#children.delete(child))
    const line = await new Promise<string>((resolve, reject) => {
      createInterface({ input: child.stdout! })
        .once('line', resolve)
        .once('close', () => reject(new Error('a server process ended before it was ready')))
    })
    const running = { child, target: JSON.parse(line) as Target }
    this.running.push(running)
    return running
  }

  /** kill -9, at whatever it is doing. */
  async kill(one: Running): Promise<void> {
    this.running.splice(this.running.indexOf(one), 1)
    const gone = new Promise((resolve) => one.child.once('exit', resolve))
    one.child.kill('SIGKILL')
    await gone
  }

  targets = (): Target[] => this.running.map(({ target }) => target)

  async stop(): Promise<void> {
    this.running = []
    await Promise.all(
      [...this.#children].map(
        (child) =>
          new Promise((resolve) => {
            child.once('exit', resolve)
            child.kill('SIGKILL')
          }),
      ),
    )
  }
}

export interface Siege {
  agents: DurableAgent[]
  partnerIds: string[]
  productIds: string[]
  /** Ends the sending, waits until all is acknowledged, stops the agents. */
  settle(): Promise<void>
}

/** Agents of two businesses that tell detections at their own pace until settled. */
export async function besiege(
  database: Database,
  servers: ServerProcesses,
  { size, everyMs, items }: { size: number; everyMs: number; items: number },
): Promise<Siege> {
  const [partnerIds, productIds, agents]: [string[], string[], DurableAgent[]] = [[], [], []]
  for (let p = 0; p < 2; p++) partnerIds.push(await aPartner(database))
  const customers = [] as { partnerId: string; customerId: string }[]
  for (const partnerId of partnerIds)
    for (let c = 0; c < 3; c++) customers.push({ partnerId, customerId: await aCustomer(database, partnerId) })
  for (let i = 0; i < size; i++) {
    const { partnerId, customerId } = customers[i % customers.length]!
    const productId = await aProduct(database, partnerId, customerId, { typeId: i % 3 === 0 ? 'squid-gateway' : 'clamav-endpoint' })
    const identity = new TestIdentity(aMachine())
    await identity.enrol(servers.running[0]!.target, await aKey(database, productId))
    productIds.push(productId)
    agents.push(new DurableAgent(identity, servers.targets))
  }
  const lives = agents.map((agent) => agent.run())
  const telling = setInterval(() => {
    for (const agent of agents)
      if (agent.pending < 400)
        agent.tell(Array.from({ length: 1 + Math.floor(Math.random() * items) }, () => aDetection(agent.identity.machine)))
  }, everyMs)
  return {
    agents,
    partnerIds,
    productIds,
    async settle() {
      clearInterval(telling)
      const until = Date.now() + 60_000
      while (agents.some((agent) => agent.pending > 0)) {
        if (Date.now() > until)
          throw new Error(
            `${agents.filter((agent) => agent.pending > 0).length} agents still wait; problems: ${[...new Set(agents.flatMap(({ problems }) => problems))].join(', ')}`,
          )
        await new Promise((resolve) => setTimeout(resolve, 50))
      }
      for (const agent of agents) agent.stop()
      await Promise.all(lives)
    },
  }
}

/** Told = stored = counted, each once; nobody was taken for a clone; every product has its one event. */
export async function expectAllThereOnce(database: Database, { agents, partnerIds, productIds }: Siege): Promise<void> {
  const one = async (text: string, values: unknown[] = [partnerIds]) => Number((await database.owner.query(text, values)).rows[0].n)
  const told = agents.reduce((sum, agent) => sum + agent.told, 0)
  const ofGateways = await one(
    `select count(*) as n from detection d join product p on p.partner_id = d.partner_id and p.id = d.product_id where d.partner_id = any($1) and p.type_id = 'squid-gateway'`,
  )
  expect(ofGateways).toBeGreaterThan(0)
  expect({
    stored: await one('select count(*) as n from detection where partner_id = any($1)'),
    different: await one('select count(distinct content_id) as n from detection where partner_id = any($1)'),
    byHour: await one('select sum(count) as n from tally_hour where partner_id = any($1)'),
    // gateways by appliance too, and nothing else (decision 41)
    byAppliance: await one('select coalesce(sum(count), 0) as n from tally_appliance where partner_id = any($1)'),
    byMinute: await one('select sum(count) as n from tally_minute where partner_id = any($1)'),
    refused: await one('select count(*) as n from dead_letter where partner_id = any($1)'),
    agents: await one('select count(*) as n from agent where partner_id = any($1)'),
    clones: await one('select count(*) as n from agent where partner_id = any($1) and clone_seen_at is not null'),
  }).toEqual({
    stored: told,
    different: told,
    byHour: told,
    byAppliance: ofGateways,
    byMinute: told,
    refused: 0,
    agents: agents.length,
    clones: 0,
  })
  expect([...new Set(agents.flatMap(({ problems }) => problems))].filter((code) => code !== 'server.busy')).toEqual([])
  const each = await database.owner.query(
    'select product_id, count(*)::integer as n from detection where product_id = any($1) group by 1 having count(*) >= 15',
    [productIds],
  )
  const until = Date.now() + 40_000 // a product taken by a process that was killed is due again after its lease
  for (;;) {
    const { rows } = await database.owner.query(
      `select product_id, figures->'incidents' as n from event where product_id = any($1) and condition = 'many-incidents' and state <> 'resolved'`,
      [productIds],
    )
    const told = new Map(rows.map((row) => [row.product_id, row.n]))
    if (each.rows.every((row) => told.get(row.product_id) === row.n)) return expect(rows).toHaveLength(each.rows.length)
    if (Date.now() > until) expect(rows.sort()).toEqual(each.rows.sort())
    await new Promise((resolve) => setTimeout(resolve, 200))
  }
}
