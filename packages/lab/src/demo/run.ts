import path from 'node:path'
import { commandsApi } from '@vigie/domain/commands'
import { ordersApi } from '@vigie/domain/orders'
import { settingsApi } from '@vigie/domain/settings'
import { accessApi } from '@vigie/domain/access'
import { ApiRefused, ConsoleClient, totp } from '../console/index.ts'
import { estateOf } from './estate.ts'
import { people, peopleOf, type Person } from './people.ts'
import { clear, DemoError, readFolder, writeFolder, type DemoState } from './folder.ts'
import { lookouts } from './colleagues.ts'
import { Life, run } from './life.ts'
import { playPast } from './past.ts'
import { Player, type Stage } from './player.ts'
import { freePort, startPresent, type Ports } from './server.ts'
import { nothingWrong, type Standing } from './standing.ts'
import { feedOfAlerts } from './story.ts'

/** A session's last use is written down once a minute; a console that is open uses it. */
const watchedMs = 150_000
/** Whoever has just started it will look. */
const firstLookMs = 600_000

export interface DemoOptions {
  folder: string
  port: number
  agentPort: number
  seed: number
  /** Absent: all. */
  customers?: number | undefined
  days: number
  isFresh: boolean
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
  if (isContinued && (left.seed !== seed || left.customers !== customers.length))
    throw new DemoError(`The demo in ${folder} was made with --seed ${left.seed}: start it with that seed, or anew with --fresh.`)
  const ports: Ports = {
    folder,
    port: options.port || (await freePort()),
    agentPort: isContinued ? left.agentPort : options.agentPort || (await freePort()),
  }
  const told = isContinued ? null : await history(ports, options)
  const state: DemoState = told ?? left!

  const present = await startPresent(ports)
  const clients = new Map<number, Promise<ConsoleClient>>()
  const as = (person: number) => {
    const known = clients.get(person) ?? signIn(present.url, person, state.standing)
    clients.set(person, known)
    known.catch((error: unknown) => {
      if (!(error instanceof ApiRefused)) clients.delete(person) // the server was away
    })
    return known
  }
  const stage: Stage = {
    server: { url: `https://127.0.0.1:${ports.agentPort}`, ca: state.ca },
    now: () => new Date(),
    as,
    anybody: () => new ConsoleClient(present.url),
    assess: async () => {},
    goOn: async () => {},
    workMs: 4_000,
  }
  const player = new Player(stage, { seed, standing: state.standing })
  try {
    const { isSimulated } = await (await as(0)).call(accessApi.getMe)
    if (!isSimulated) throw new DemoError(`What runs on ${folder} is not a demo.`)
    say('the agents come back ...')
    await player.comeBack(customers, state.identities)
    if (isContinued) await player.reportAll()
    else await today(player, await as(0))
  } catch (error) {
    player.stop()
    await present.stop()
    throw error
  }
  const startedAt = Date.now()
  const isWatched = async () => Date.now() - startedAt < firstLookMs || (await isSomebodyThere(lookouts.map((person) => as(person))))
  const life = new Life(player, stage, { seed, serial: state.serial, isWatched, say })
  const running = run(life, player)
  const keep = () =>
    writeFolder(folder, {
      ...state,
      isWhole: true,
      serial: life.serial,
      identities: [...player.agents.values()].map(({ identity }) => identity),
      standing: player.standing,
    })
  keep()
  const keeping = setInterval(keep, 5_000)
  return {
    url: present.url,
    player,
    life,
    isContinued,
    as,
    people: peopleOf(customers).map((person) => ({
      ...person,
      ...(player.standing.secrets[person.email] && { secret: player.standing.secrets[person.email]! }),
    })),
    async stop() {
      clearInterval(keeping)
      await running.stop()
      keep()
      player.stop()
      await present.stop()
    },
  }
}

/** The past, moment by moment, by a server whose clock we move. */
async function history(ports: Ports, { folder, seed, customers, days, say = () => {} }: DemoOptions): Promise<DemoState> {
  clear(folder)
  const state: DemoState = {
    seed,
    customers: estateOf(customers).length,
    isWhole: false,
    agentPort: ports.agentPort,
    ca: '',
    serial: 0,
    identities: [],
    standing: nothingWrong(),
  }
  writeFolder(folder, state)
  say(`${days} days pass ...`)
  const { past, player, ca } = await playPast(ports, { seed, now: new Date(), days, ...(customers === undefined ? {} : { customers }) })
  try {
    player.stop()
    await past.ask({ kind: 'miss' })
    return {
      ...state,
      isWhole: true,
      ca,
      identities: [...player.agents.values()].map(({ identity }) => ({ ...identity, epoch: crypto.randomUUID(), nextSeq: 1 })),
      standing: player.standing,
    }
  } finally {
    await past.stop().catch(() => {})
  }
}

/** What only the present has: a feed of alerts, an order in rings under way, settings that somebody at the machine turned back. */
async function today(player: Player, owner: ConsoleClient): Promise<void> {
  const { productIds } = player.standing
  await player.do({ kind: 'errand', by: 3, errand: feedOfAlerts(new Date()) })
  if (player.products.has('Render')) await player.do({ kind: 'clone', product: 'Render' })
  const ordered = [
    'Caisse',
    'Officine',
    'Atelier',
    'Bureau',
    'Billetterie',
    'Horloger',
    'Chai',
    'Forge',
    'Marina',
    'Fleurs',
    'Boutique',
  ].flatMap((name) => productIds[name] ?? [])
  if (ordered.length > 0) {
    const { order } = await owner.call(ordersApi.draftOrder, {
      body: { type: 'update-components', target: { kind: 'products', productIds: ordered }, isInRings: true },
    })
    await owner.call(ordersApi.confirmOrder, { params: { orderId: order.id }, body: {} })
  }
  const sites = ['Clinique', 'Mairie', 'Presses', 'Ecole', 'Ormes'].flatMap((name) => productIds[name] ?? [])
  if (sites.length > 0) {
    const { order } = await owner.call(ordersApi.draftOrder, {
      body: { type: 'scan-now', target: { kind: 'products', productIds: sites }, isInRings: true },
    })
    await owner.call(ordersApi.confirmOrder, { params: { orderId: order.id }, body: {} })
    await owner.call(ordersApi.steerOrder, { params: { orderId: order.id }, body: { to: 'pause' } })
  }
  const drifting = productIds['Caisse']
  if (drifting !== undefined) {
    player.agents.get('caisse-02')!.settings.mode = 'drifts'
    await owner.call(settingsApi.changeProductSettings, {
      params: { productId: drifting },
      query: {},
      body: { values: { 'update-schedule.every-hours': 6, 'scheduled-scan.enabled': true }, confirmWeaker: true },
      headers: { 'if-match': '0' },
    })
  }
  const scanned = productIds['Boutique'] ?? productIds['Plans']
  if (scanned !== undefined) await owner.call(commandsApi.sendCommand, { params: { productId: scanned }, body: { type: 'scan-now' } })
}

/**
 * Signs in again when the session is over: a demo may be left open for days. Once refused (the visitor changed the password, or removed the account) never again: guessing would lock him out.
 */
async function signIn(url: string, person: number, { secrets }: Standing): Promise<ConsoleClient> {
  const { email, password } = people[person]!
  const client = new ConsoleClient(url)
  let refused: unknown = null
  const enter = async () => {
    if (refused !== null) throw refused
    await client.signIn(email, password).catch((error: unknown) => {
      if (error instanceof ApiRefused && error.code === 'sign-in.refused') refused = error
      throw error
    })
    const secret = secrets[email]
    // each code is good for once, and the visitor may just have used this one
    for (const aheadMs of secret === undefined ? [] : [0, 30_000]) {
      const isIn = await client.call(accessApi.verifyMfa, { body: { code: totp(secret!, new Date(Date.now() + aheadMs)) } }).then(
        () => true,
        () => false,
      )
      if (isIn) return
    }
  }
  client.renew = enter
  await enter()
  return client
}

/** A session of these people that is not ours was used just now. */
async function isSomebodyThere(clients: readonly Promise<ConsoleClient>[]): Promise<boolean> {
  const of = await Promise.allSettled(clients.map(async (client) => (await (await client).call(accessApi.listSessions)).rows))
  return of
    .flatMap((one) => (one.status === 'fulfilled' ? one.value : []))
    .some(({ isCurrent, lastUsedAt }) => !isCurrent && Date.now() - Date.parse(lastUsedAt) < watchedMs)
}

export const usualFolder = path.resolve(import.meta.dirname, '../../../../var-demo')
