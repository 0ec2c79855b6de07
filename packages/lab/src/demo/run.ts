import path from 'node:path'
import { createServer } from 'node:net'
import { commandsApi } from '@vigie/domain/commands'
import { ordersApi } from '@vigie/domain/orders'
import { settingsApi } from '@vigie/domain/settings'
import { accessApi } from '@vigie/domain/access'
import { fetchCa, type LabServer } from '../agents/index.ts'
import { ConsoleClient } from '../console/index.ts'
import { businessName, estateOf, people, peopleOf, type Person } from './estate.ts'
import { clear, DemoError, readFolder, writeFolder, type DemoState } from './folder.ts'
import { live, usualPace, type Life, type Pace } from './life.ts'
import { licencesOf } from './licences.ts'
import { planOf } from './plan.ts'
import { Player, type Stage } from './player.ts'
import { startPast, startPresent, type Ports } from './server.ts'
import { nothingWrong } from './standing.ts'
import { feedOfAlerts } from './story.ts'

const dayMs = 86_400_000
/** Jobs tidy and sum up, and lose nothing by being late; partitions are made three months ahead. Once a day would be half of the start. */
const jobsEveryDays = 7

export interface DemoOptions {
  folder: string
  port: number
  agentPort: number
  seed: number
  /** Absent: all. */
  customers?: number | undefined
  days: number
  isFresh: boolean
  pace?: Pace
  say?: (line: string) => void
}

export interface Demo {
  url: string
  player: Player
  life: Life
  /** It went on where an earlier run ended. */
  isContinued: boolean
  /** Who may sign in; `secret` (base32) makes the codes of a second factor. */
  people: readonly (Person & { secret?: string })[]
  as(person: number): Promise<ConsoleClient>
  stop(): Promise<void>
}

/** Brings the estate up, from its history or from where an earlier run ended, and lets it live. @throws DemoError */
export async function startDemo(options: DemoOptions): Promise<Demo> {
  const { folder, seed, say = () => {} } = options
  const left = readFolder(folder)
  const customers = estateOf(options.customers)
  const isContinued = left?.isWhole === true && !options.isFresh
  if (isContinued && (left.seed !== seed || left.customers !== customers.length)) throw new DemoError(`The demo in ${folder} was made with --seed ${left.seed}: start it with that seed, or anew with --fresh.`)
  const ports: Ports = { folder, port: options.port || (await freePort()), agentPort: isContinued ? left.agentPort : options.agentPort || (await freePort()) }
  const told = isContinued ? null : await history(ports, options)
  const state: DemoState = told ?? left!

  const present = await startPresent(ports)
  const clients = new Map<number, Promise<ConsoleClient>>()
  const as = (person: number) => {
    const known = clients.get(person) ?? signIn(present.url, person)
    clients.set(person, known)
    return known
  }
  const stage: Stage = { server: { url: `https://127.0.0.1:${ports.agentPort}`, ca: state.ca }, now: () => new Date(), as, anybody: () => new ConsoleClient(present.url), assess: async () => {}, goOn: async () => {}, workMs: 4_000 }
  const player = new Player(stage, { seed, standing: state.standing })
  try {
    const { isSimulated } = await (await as(0)).call(accessApi.getMe)
    if (!isSimulated) throw new DemoError(`What runs on ${folder} is not a demo.`)
    say('the agents come back ...')
    await player.comeBack(customers, state.identities)
    for (const product of player.products.values()) await player.report(product)
    if (!isContinued) await today(player, await as(0))
  } catch (error) {
    player.stop()
    await present.stop()
    throw error
  }
  const life = live(player, { seed, serial: state.serial, pace: options.pace ?? usualPace, say })
  const keep = () => writeFolder(folder, { ...state, isWhole: true, serial: life.serial, identities: [...player.agents.values()].map(({ identity }) => identity), standing: player.standing })
  keep()
  const keeping = setInterval(keep, 5_000)
  return {
    url: present.url, player, life, isContinued, as,
    people: peopleOf(customers).map((person) => ({ ...person, ...(player.standing.secrets[person.email] && { secret: player.standing.secrets[person.email]! }) })),
    async stop() {
      clearInterval(keeping)
      await life.stop()
      keep()
      player.stop()
      await present.stop()
    },
  }
}

/** The past, moment by moment, by a server whose clock we move. */
async function history(ports: Ports, { folder, seed, customers, days, say = () => {} }: DemoOptions): Promise<DemoState> {
  clear(folder)
  const state: DemoState = { seed, customers: estateOf(customers).length, isWhole: false, agentPort: ports.agentPort, ca: '', serial: 0, identities: [], standing: nothingWrong() }
  writeFolder(folder, state)
  const past = await startPast(ports)
  try {
    const now = new Date()
    const moments = planOf({ seed, now, days, ...(customers === undefined ? {} : { customers }) })
    let at = new Date(now.getTime() - days * dayMs)
    let jobsAt = at
    let setAtMs = performance.now()
    const moveClock = async (to: Date) => {
      for (; to >= jobsAt; jobsAt = new Date(jobsAt.getTime() + jobsEveryDays * dayMs)) {
        await past.ask({ kind: 'at', at: jobsAt.toISOString() })
        await past.ask({ kind: 'jobs' })
      }
      at = to
      setAtMs = performance.now()
      await past.ask({ kind: 'at', at: to.toISOString() })
    }
    const ca = await fetchCa(past.agentUrl, past.caFingerprint)
    const as = async (person: number) => {
      const client = new ConsoleClient(past.publicUrl)
      client.become({ name: 'vigie-session', value: `${past.pass}.${people[person]!.email}` })
      return client
    }
    const anybody = () => new ConsoleClient(past.publicUrl)
    const server: LabServer = { url: past.agentUrl, ca }
    const stage: Stage = { server, now: () => new Date(at.getTime() + performance.now() - setAtMs), as, anybody, assess: (productIds) => past.ask({ kind: 'assess', productIds }), goOn: (jobs) => past.ask({ kind: 'go-on', jobs }), workMs: 5 }
    await moveClock(at)
    const [owner] = people
    await anybody().setUp(past.setupLink, { businessName, email: owner.email, password: owner.password }, owner)
    const player = new Player(stage, { seed, standing: { ...nothingWrong(), licences: licencesOf(estateOf(customers), now) } })
    say(`${days} days pass ...`)
    await player.play(moments, moveClock)
    await moveClock(new Date(now.getTime() + performance.now() - setAtMs))
    player.stop()
    await past.ask({ kind: 'miss' })
    await past.stop()
    return { ...state, isWhole: true, ca, identities: [...player.agents.values()].map(({ identity }) => ({ ...identity, epoch: crypto.randomUUID(), nextSeq: 1 })), standing: player.standing }
  } catch (error) {
    await past.stop().catch(() => {})
    throw error
  }
}

/** What only the present has: a feed of alerts, an order in rings under way, settings that somebody at the machine turned back. */
async function today(player: Player, owner: ConsoleClient): Promise<void> {
  const { productIds } = player.standing
  await player.do({ kind: 'errand', by: 3, errand: feedOfAlerts(new Date()) })
  if (player.products.has('Render')) await player.do({ kind: 'clone', product: 'Render' })
  const ordered = ['Caisse', 'Officine', 'Atelier', 'Bureau', 'Billetterie', 'Horloger', 'Chai', 'Forge', 'Marina', 'Fleurs', 'Boutique'].flatMap((name) => productIds[name] ?? [])
  if (ordered.length > 0) {
    const { order } = await owner.call(ordersApi.draftOrder, { body: { type: 'update-components', target: { kind: 'products', productIds: ordered }, isInRings: true } })
    await owner.call(ordersApi.confirmOrder, { params: { orderId: order.id }, body: {} })
  }
  const sites = ['Clinique', 'Mairie', 'Presses', 'Ecole', 'Ormes'].flatMap((name) => productIds[name] ?? [])
  if (sites.length > 0) {
    const { order } = await owner.call(ordersApi.draftOrder, { body: { type: 'scan-now', target: { kind: 'products', productIds: sites }, isInRings: true } })
    await owner.call(ordersApi.confirmOrder, { params: { orderId: order.id }, body: {} })
    await owner.call(ordersApi.steerOrder, { params: { orderId: order.id }, body: { to: 'pause' } })
  }
  const drifting = productIds['Caisse']
  if (drifting !== undefined) {
    player.agents.get('caisse-02')!.settings.mode = 'drifts'
    await owner.call(settingsApi.changeProductSettings, { params: { productId: drifting }, query: {}, body: { values: { 'update-schedule.every-hours': 6, 'scheduled-scan.enabled': true }, confirmWeaker: true }, headers: { 'if-match': '0' } })
  }
  const scanned = productIds['Boutique'] ?? productIds['Plans']
  if (scanned !== undefined) await owner.call(commandsApi.sendCommand, { params: { productId: scanned }, body: { type: 'scan-now' } })
}

async function signIn(url: string, person: number): Promise<ConsoleClient> {
  const client = new ConsoleClient(url)
  await client.signIn(people[person]!.email, people[person]!.password)
  return client
}

async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as { port: number }
  await new Promise((resolve) => server.close(resolve))
  return port
}

export const usualFolder = path.resolve(import.meta.dirname, '../../../../var-demo')
