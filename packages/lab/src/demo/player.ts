import { createHash } from 'node:crypto'
import type { Item } from '@vigie/domain/agents'
import { customersApi } from '@vigie/domain/customers'
import { productTypeById } from '@vigie/connectors/products'
import { productsApi } from '@vigie/domain/products'
import { sitesApi } from '@vigie/domain/sites'
import {
  copyOf,
  EnrolClient,
  type FleetParts,
  inTurn,
  Latencies,
  type LabIdentity,
  type LabServer,
  newCounters,
  randomFrom,
  SimAgent,
  SimSettings,
  trustOf,
} from '../agents/index.ts'
import type { ConsoleClient } from '../console/index.ts'
import type { Deed, Find, Moment } from './deeds.ts'
import type { Customer, Machine, Product } from './estate.ts'
import { people } from './people.ts'
import { endpointOf, shownOf } from './machine.ts'
import { Office } from './office.ts'
import { invitePeople } from './staff.ts'
import { nothingWrong, troubled, type Standing } from './standing.ts'

const dayMs = 86_400_000

export interface Stage {
  server: LabServer
  /** Of the server and the machines alike: one virtual clock. */
  now(): Date
  /** As one of `people`. */
  as(person: number): Promise<ConsoleClient>
  /** Nobody yet: for the invited. */
  anybody(): ConsoleClient
  /** The server looks at these products now. Where time passes by itself it does so without being asked. */
  assess(productIds: readonly string[]): Promise<void>
  /** Orders take their next steps, then these jobs run; by themselves where time passes by itself. */
  goOn(jobs: readonly string[]): Promise<void>
  /** From an order to what an engine says of it. */
  workMs: number
}

/** Plays deeds of a plan: as people through the console's API, as machines through the agents' protocol. */
export class Player {
  readonly standing: Standing
  readonly agents = new Map<string, SimAgent>()
  readonly #products = new Map<string, Product>()
  readonly #office: Office
  readonly #companies: Customer[] = []
  readonly #parts: FleetParts
  #stage: Stage
  #enroller: EnrolClient

  constructor(stage: Stage, { seed, standing = nothingWrong() }: { seed: number; standing?: Standing }) {
    this.#stage = stage
    this.standing = standing
    const random = randomFrom(seed)
    this.#enroller = new EnrolClient(stage.server, 4)
    this.#parts = {
      trust: trustOf(stage.server),
      counters: newCounters(),
      latencies: new Latencies(),
      random,
      duplicates: 0,
      outOfOrder: 0,
      engine: { answers: 'succeed', workMs: stage.workMs },
      reconnectAfterMs: () => 300 + random() * 700,
      now: () => this.#stage.now(),
      onProblem: () => {},
    }
    this.#office = new Office(stage, {
      productIds: standing.productIds,
      drained: () => this.drained(),
      reportAll: () => this.reportAll(),
      keepSecret: (person, secret) => {
        standing.secrets[people[person]!.email] = secret
      },
      fail: (product, doesFail) => {
        for (const { name } of this.#products.get(product)!.machines) this.agents.get(name)!.answers = doesFail ? 'fail' : null
      },
    })
  }

  /** The machines of an earlier run. */
  async comeBack(customers: readonly Customer[], identities: readonly LabIdentity[]): Promise<void> {
    const known = new Map(identities.map((identity) => [identity.machine.hostname, identity]))
    for (const product of customers.flatMap(({ products }) => products)) {
      if (this.standing.productIds[product.description] === undefined) continue
      this.#products.set(product.description, product)
      for (const machine of product.machines) {
        const identity = known.get(machine.name)
        if (identity) this.#cast(product, machine, identity)
      }
    }
    for (const [name, description] of Object.entries(this.standing.copies)) {
      const [product, identity] = [this.#products.get(description), known.get(name)]
      if (product && identity) this.#cast(product, { name, platform: identity.machine.platform }, identity)
    }
    const present = [...this.#products.values()]
      .filter(({ description }) => !this.standing.away.includes(description))
      .flatMap(({ machines }) => machines.map(({ name }) => name))
    await inTurn(16, [...present, ...Object.keys(this.standing.copies)], (name) => this.agents.get(name)?.connect() ?? Promise.resolve())
  }

  /** In order; what falls on nearly the same moment and touches different customers, at the same time. */
  async play(moments: readonly Moment[], moveClock: (at: Date) => Promise<void>): Promise<void> {
    for (let at = 0; at < moments.length;) {
      const together = moments
        .slice(at)
        .findIndex(({ deed, at: when }) => deed.kind !== 'join' || when.getTime() - moments[at]!.at.getTime() > 3_600_000)
      const some = moments.slice(at, at + Math.max(1, together < 0 ? moments.length - at : together))
      await moveClock(some.at(-1)!.at)
      if (some.length === 1) await this.do(some[0]!.deed)
      else await inTurn(6, some, ({ deed }) => this.do(deed))
      at += some.length
    }
  }

  async do(deed: Deed): Promise<void> {
    switch (deed.kind) {
      case 'join':
        return await this.#join(deed.customer)
      case 'day':
        return await this.#day(deed.finds)
      case 'people':
        return await invitePeople(this.#stage, this.#companies)
      case 'work':
        return await this.#office.work(deed)
      case 'errand':
        return await this.#office.do(deed.by, deed.errand)
      default:
        return await this.#at(deed)
    }
  }

  /** What happens to the machines of one product. */
  async #at(deed: Exclude<Deed, { kind: 'join' | 'day' | 'people' | 'work' | 'errand' }>): Promise<void> {
    const product = this.#products.get(deed.product)!
    const own = this.agents.get(product.machines[0]!.name)!
    const { standing } = this
    const items = new Map<string, Item[]>()
    switch (deed.kind) {
      case 'find':
        for (const find of deed.finds) {
          items.set(find.machine, [...(items.get(find.machine) ?? []), this.#detection(find)])
          if (find.outcome === 'failed') (standing.infected[find.machine] ??= []).push({ threat: find.threat, object: find.object })
        }
        break
      case 'clear':
        items.set(deed.machine, this.#cleared(deed.machine))
        break
      case 'protection':
        standing.unprotected = deed.isOn
          ? standing.unprotected.filter((one) => one !== deed.machine)
          : [...standing.unprotected, deed.machine]
        this.agents.get(deed.machine)!.settings.setByHand({ 'real-time-scan.enabled': deed.isOn })
        break
      case 'components':
        if (deed.isUpdating) delete standing.frozen[deed.product]
        else standing.frozen[deed.product] = new Date(this.#stage.now().getTime() - (deed.ageDays ?? 0) * dayMs).toISOString()
        break
      case 'trouble':
        standing.troubles[deed.machine] = troubled(standing.troubles[deed.machine], deed.trouble, this.#stage.now())
        break
      case 'leave':
        await this.report(product)
        standing.away.push(deed.product)
        own[deed.how]()
        if (deed.how === 'bye')
          await this.#until(
            async () =>
              (await (await this.#stage.as(0)).call(productsApi.getProduct, { params: { productId: standing.productIds[deed.product]! } }))
                .state === 'offline',
          )
        return
      case 'return':
        standing.away = standing.away.filter((one) => one !== deed.product)
        if (own.state === 'online') {
          own.kill() // a short cut of its line
          await this.#until(async () => own.state === 'away', 5)
        }
        await own.connect()
        break
      case 'clone':
        await this.#clone(product, own)
        break
      case 'mute':
      case 'look':
        break
    }
    await this.report(product, items)
    if (deed.kind === 'mute')
      standing.muted = deed.isMute ? [...standing.muted, deed.product] : standing.muted.filter((one) => one !== deed.product)
  }

  /** What a product's machines say of themselves now, with what else there is to tell, and what follows from it. */
  async report(product: Product, items: ReadonlyMap<string, readonly Item[]> = new Map()): Promise<void> {
    this.#tell(product, items)
    await this.drained()
    await this.#stage.assess([this.standing.productIds[product.description]!])
  }

  /** Every machine tells of itself, as it would by and by. */
  async reportAll(): Promise<void> {
    for (const product of this.#products.values()) this.#tell(product)
    await this.drained()
    await this.#stage.assess(Object.values(this.standing.productIds))
  }

  #tell(product: Product, items: ReadonlyMap<string, readonly Item[]> = new Map()): void {
    const now = this.#stage.now()
    const isMuted = this.standing.muted.includes(product.description)
    const copies = Object.entries(this.standing.copies).flatMap(([name, description]) =>
      description === product.description ? [name] : [],
    )
    for (const name of [...product.machines.map((machine) => machine.name), ...copies]) {
      const agent = this.agents.get(name)!
      const told = [...(items.get(name) ?? []), ...(isMuted ? [] : [agent.describe(now)])]
      if (told.length > 0 && agent.state === 'online') agent.tell(told)
    }
  }

  get products(): ReadonlyMap<string, Product> {
    return this.#products
  }

  /** Its machine that speaks for it is connected: not away, and not switched off or deleted by somebody. */
  isHere(product: string): boolean {
    const machines = this.#products.get(product)?.machines ?? []
    return machines[0] !== undefined && this.agents.get(machines[0].name)?.state === 'online'
  }

  /** Nobody ordered settings for it: a hand at the machine is in nobody's way. */
  isAsDelivered(machine: string): boolean {
    return this.agents.get(machine)?.settings.item?.revision === 0
  }

  beat(): void {
    const text = JSON.stringify({ kind: 'beat', at: this.#stage.now().toISOString() })
    for (const agent of this.agents.values()) agent.beat(text)
  }

  async drained(): Promise<void> {
    await this.#until(async () => [...this.agents.values()].every((agent) => agent.state !== 'online' || agent.unacknowledged === 0), 5)
  }

  stop(): void {
    this.#enroller.close()
    for (const agent of this.agents.values()) agent.bye()
    for (const agent of this.agents.values()) agent.dispose()
  }

  async #until(test: () => Promise<boolean>, everyMs = 20): Promise<void> {
    for (const end = performance.now() + 60_000; !(await test()); await new Promise((resolve) => setTimeout(resolve, everyMs))) {
      if (performance.now() > end) throw new Error('the server did not take in what was told within a minute')
    }
  }

  async #join(customer: Customer): Promise<void> {
    this.#companies.push(customer)
    const client = await this.#stage.as(0)
    const {
      contact: [firstName, lastName],
      company,
      country,
      city,
      industry,
      timeZone,
      locale,
      phone,
      tags,
      products,
    } = customer
    const accountId = `S-${createHash('sha256').update(company).digest('hex').slice(0, 6)}`
    const reply = await client.call(customersApi.createCustomer, {
      body: {
        profile: { company, country, city, industry, sizeEndpoints: products.reduce((sum, { machines }) => sum + machines.length, 0) },
        account: { accountId, timeZone, locale },
        contact: { firstName, lastName, email: `contact@${accountId.toLowerCase()}.example`, phone, locale },
        tags: [...tags],
        products: products.map(({ typeId, description }) => ({ typeId, description })),
      },
    })
    for (const [index, product] of products.entries()) {
      const productId = reply.products[index]!.id
      this.standing.productIds[product.description] = productId
      this.#products.set(product.description, product)
      const { guid, key } = await client.call(productsApi.issueKey, { params: { productId } })
      const [own, ...endpoints] = product.machines
      await this.#enrol(product, own!, { guid, key })
      if (endpoints.length > 0) {
        const { key: siteKey } = await client.call(sitesApi.issueEndpointKey, {
          params: { productId },
          body: { machines: endpoints.length },
        })
        for (const machine of endpoints) await this.#enrol(product, machine, { guid, key: siteKey })
      }
      this.#tell(product)
    }
    await this.drained()
    await this.#stage.assess(reply.products.map(({ id }) => id))
  }

  async #enrol(product: Product, machine: Machine, enrolment: { guid: string; key: string }): Promise<void> {
    const number = this.agents.size
    const identity = await this.#enroller.enrol(enrolment, {
      hostname: machine.name,
      platform: machine.platform,
      fingerprint: createHash('sha256').update(`vigie demo\n${machine.name}`).digest('hex'),
      addresses: [`10.20.${number >> 6}.${10 + (number & 63)}`],
    })
    await this.#cast(product, machine, identity).connect()
  }

  /** Refused as a copy, as it should be; then it takes an identity of its own, as agents do (R10). */
  async #clone(product: Product, own: SimAgent): Promise<void> {
    const copy = new SimAgent(copyOf(own.identity), { ...this.#parts, reconnectAfterMs: null })
    await copy.connect().catch(() => {})
    copy.dispose()
    if (copy.state !== 'refused') throw new Error('the server took a copy for its original')
    const name = `${own.identity.machine.hostname}-copy`
    const identity = await this.#enroller.fork(copy.identity, {
      ...copy.identity.machine,
      hostname: name,
      fingerprint: createHash('sha256').update(`vigie demo\n${name}`).digest('hex'),
      addresses: ['10.20.9.9'],
    })
    this.standing.copies[name] = product.description
    const healed = this.#cast(product, { name, platform: identity.machine.platform }, identity)
    await healed.connect()
    healed.reportEndpoint()
  }

  #cast(product: Product, machine: Machine, identity: LabIdentity): SimAgent {
    const agent = new SimAgent(identity, this.#parts)
    agent.settings = new SimSettings('obeys', this.standing.unprotected.includes(machine.name) ? { 'real-time-scan.enabled': false } : {})
    agent.describe = (now) => endpointOf(product, identity.machine, agent.settings, this.standing, now)
    agent.effects = (type, now) => this.#effects(product, machine, type, now)
    agent.shows = (type, now) => shownOf(machine, type, this.standing.infected[machine.name]?.length ?? 0, now)
    if (productTypeById.get(product.typeId)?.isSiteServer === true && product.machines[0]?.name === machine.name) {
      agent.site = {
        urls: identity.machine.addresses.slice(0, 1).map((address) => `https://${address}:8453`),
        caFingerprint: createHash('sha256').update(`vigie demo site ${machine.name}`).digest('hex'),
      }
    }
    this.agents.set(machine.name, agent)
    return agent
  }

  /** A scan mends what lies infected, an update brings patterns: then the event closes by what the machine itself says. */
  #effects(product: Product, machine: Machine, type: string, now: Date): Item[] {
    if (type === 'update-components') delete this.standing.frozen[product.description]
    if (type === 'scan-now') this.standing.scanned[machine.name] = now.toISOString()
    if (type === 'apply-settings' && this.agents.get(machine.name)?.settings.realTimeScan === 'on')
      this.standing.unprotected = this.standing.unprotected.filter((one) => one !== machine.name)
    if (type === 'synchronise') this.standing.muted = this.standing.muted.filter((one) => one !== product.description)
    return type === 'scan-now' ? this.#cleared(machine.name) : []
  }

  #detection({ machine, at, category, threat, object, outcome, contentId }: Find): Item {
    return {
      kind: 'detection',
      endpoint: this.agents.get(machine)!.identity.machine.fingerprint,
      at: at.toISOString(),
      category,
      threat,
      object,
      outcome,
      engine: 'simulated',
      contentId,
    }
  }

  #cleared(machine: string): Item[] {
    const endpoint = this.agents.get(machine)!.identity.machine.fingerprint
    const gone = this.standing.infected[machine] ?? []
    delete this.standing.infected[machine]
    return gone.map(({ threat, object }) => ({
      kind: 'cleared',
      endpoint,
      at: this.#stage.now().toISOString(),
      category: 'antivirus',
      threat,
      object,
      how: 'quarantined',
    }))
  }

  async #day(finds: readonly Find[]): Promise<void> {
    for (const [machine, some] of Map.groupBy(finds, ({ machine: name }) => name))
      this.agents.get(machine)!.tell(some.map((find) => this.#detection(find)))
    await this.drained()
  }
}
