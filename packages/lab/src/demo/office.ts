import { generateKeyPairSync, randomBytes, sign } from 'node:crypto'
import { accessApi } from '@vigie/domain/access'
import { consentApi } from '@vigie/domain/consent'
import { customersApi } from '@vigie/domain/customers'
import { eventsApi } from '@vigie/domain/events'
import { identityApi, writeConnectionCode } from '@vigie/domain/identity'
import { maintenanceApi, type Schedule } from '@vigie/domain/maintenance'
import { isEnded, ordersApi } from '@vigie/domain/orders'
import { feedPrefix, outbreakApi } from '@vigie/domain/outbreak'
import { viewsApi } from '@vigie/domain/views'
import { totp, type ConsoleClient } from '../console/index.ts'
import type { Deed, Errand, When } from './deeds.ts'
import type { Stage } from './player.ts'

const minuteMs = 60_000
const hourMs = 3_600_000
const dayMs = 86_400_000

/** What an errand needs of the machines, and whom it is about. */
export interface Surroundings {
  productIds: Readonly<Record<string, string>>
  /** The engines of a product's machines answer orders with an error, or as they should. */
  fail(product: string, doesFail: boolean): void
  /** All that machines told is stored. */
  drained(): Promise<void>
  /** Every machine tells of itself, and is looked at. */
  reportAll(): Promise<void>
  /** What makes the codes of a person's second factor, which the demo prints. */
  keepSecret(person: number, secret: string): void
}
type Of<K extends Errand['do']> = Extract<Errand, { do: K }>

/** Plays what people do: each through the console's API, as that person. Another clock makes another one of it. */
export class Office {
  readonly #stage: Stage
  readonly #around: Surroundings
  readonly #accountIds: string[] = []

  constructor(stage: Stage, around: Surroundings) {
    this.#stage = stage
    this.#around = around
  }

  async do(by: number, errand: Errand): Promise<void> {
    const client = await this.#stage.as(by)
    switch (errand.do) {
      case 'view': {
        const { do: _, ...view } = errand
        return void (await client.call(viewsApi.createView, { body: view }))
      }
      case 'index': {
        const { category, name, value, tag } = errand
        return void (await client.call(eventsApi.setIndex, { body: { category, name, value, tag, customerId: null } }))
      }
      case 'consent':
        return await this.#consent(client, errand)
      case 'rule': {
        const customerIds = await Promise.all(errand.companies.map((company) => customerIdOf(client, company)))
        return void (await client.call(outbreakApi.setRules, { body: { customerIds, rule: errand.rule } }))
      }
      case 'alert':
        await client.call(outbreakApi.declareAlert, { body: errand.alert })
        return await this.#spread()
      case 'feed':
        return await this.#feed(client, by, errand)
      case 'order':
        return await this.#order(client, errand)
      case 'window':
        return await this.#window(client, errand)
      case 'switch':
        return await this.#switch(client, errand)
    }
  }

  /** On the worst of a product's open events. */
  async work({ product, by, what }: Deed & { kind: 'work' }): Promise<void> {
    const client = await this.#stage.as(by)
    const { rows: events } = await client.call(eventsApi.listEvents, { query: { productId: this.#around.productIds[product]! } })
    const event = events.find(({ severity }) => severity === 'action-required') ?? events[0]
    if (!event) throw new Error(`nothing is open at ${product}`)
    const ids = [event.id]
    const until = (hours: number) => new Date(this.#stage.now().getTime() + hours * hourMs).toISOString()
    if ('assign' in what) await client.call(eventsApi.assignEvents, { body: { ids, accountId: await this.#accountId(what.assign) } })
    else if ('comment' in what) await client.call(eventsApi.addComment, { params: { eventId: event.id }, body: { text: what.comment } })
    else if ('snooze' in what)
      await client.call(eventsApi.silenceEvents, {
        body: { ids, kind: 'snoozed', reason: what.snooze, until: until(what.hours), ...(what.unlessWorse ? { unless: 'worse' } : {}) },
      })
    else await client.call(eventsApi.silenceEvents, { body: { ids, kind: 'accepted', reason: what.accept, until: until(what.days * 24) } })
  }

  async #accountId(person: number): Promise<string> {
    return (this.#accountIds[person] ??= (await (await this.#stage.as(person)).call(accessApi.getMe)).account.id)
  }

  async #consent(client: ConsoleClient, { company, saidBy, activity, reference }: Of<'consent'>): Promise<void> {
    const customerId = await customerIdOf(client, company)
    const saidOn = new Date(this.#stage.now().getTime() - dayMs).toISOString().slice(0, 10)
    await client.call(consentApi.recordConsent, {
      params: { customerId },
      body: { activities: [activity], decision: 'given', saidBy, saidOn, reference },
    })
  }

  /** The key of whoever writes the alerts exists for this one file. Pinning it needs a second factor, which the person sets up first, and keeps. */
  async #feed(client: ConsoleClient, by: number, { name, alerts }: Of<'feed'>): Promise<void> {
    const now = this.#stage.now()
    const keys = generateKeyPairSync('ed25519')
    const { secret } = await client.call(accessApi.startTotp, {})
    await client.call(accessApi.confirmTotp, { body: { code: totp(secret, now) } })
    this.#around.keepSecret(by, secret)
    // each code is good for once
    const code = totp(secret, new Date(now.getTime() + 30_000))
    await client.call(outbreakApi.setFeed, {
      body: { name, publicKey: (keys.publicKey.export({ format: 'jwk' }) as { x: string }).x, code },
    })
    const document = JSON.stringify({
      sequence: 118,
      issuedAt: new Date(now.getTime() - hourMs).toISOString(),
      validUntil: new Date(now.getTime() + 7 * dayMs).toISOString(),
      alerts,
    })
    const signature = sign(null, Buffer.from(feedPrefix + document), keys.privateKey).toString('base64url')
    await client.call(outbreakApi.importFeed, { body: { file: JSON.stringify({ format: 'vigie-virus-alerts-1', document, signature }) } })
  }

  /** What follows of an alert within a minute: events, and defence where it is allowed. */
  async #spread(): Promise<void> {
    await this.#around.reportAll()
    await this.#stage.goOn(['outbreak.alerts', 'outbreak.defend'])
    await this.#ended(await this.#stage.as(0))
  }

  async #order(client: ConsoleClient, { type, products, isInRings, fails }: Of<'order'>): Promise<void> {
    for (const product of fails) this.#around.fail(product, true)
    const productIds = products.map((product) => this.#around.productIds[product]!)
    const { order } = await client.call(ordersApi.draftOrder, { body: { type, target: { kind: 'products', productIds }, isInRings } })
    await client.call(ordersApi.confirmOrder, { params: { orderId: order.id }, body: {} })
    await this.#ended(client)
    for (const product of fails) this.#around.fail(product, false)
  }

  /** Orders go their way until nothing of them is under way. */
  async #ended(client: ConsoleClient): Promise<void> {
    for (const end = performance.now() + 30_000; performance.now() < end; await new Promise((resolve) => setTimeout(resolve, 20))) {
      await this.#stage.goOn([])
      await this.#around.drained()
      const { rows } = await client.call(ordersApi.listOrders, { query: { limit: 10 } })
      if (rows.every(({ state }) => isEnded(state) || state === 'waiting')) return
    }
    throw new Error('an order did not come to its end')
  }

  async #window(client: ConsoleClient, { name, reason, target, groups, at, durationMinutes, timeZone }: Of<'window'>): Promise<void> {
    await client.call(maintenanceApi.createWindow, {
      body: {
        name,
        reason,
        groups: [...groups],
        durationMinutes,
        timeZone,
        schedule: scheduleOf(at, this.#stage.now(), timeZone),
        target: target.kind === 'product' ? { kind: 'product', productId: this.#around.productIds[target.product]! } : target,
      },
    })
  }

  /** What it names is nowhere: an agent that is told to go there could not. */
  async #switch(client: ConsoleClient, { product, server, reason }: Of<'switch'>): Promise<void> {
    const productId = this.#around.productIds[product]!
    const connectionCode = writeConnectionCode({
      v: 1,
      server,
      caFingerprint: randomBytes(32).toString('hex'),
      commandKey: randomBytes(32).toString('base64url'),
      guid: crypto.randomUUID(),
      key: 'simulated',
      endpointKey: 'simulated',
      machines: 20,
      expiresAt: new Date(this.#stage.now().getTime() + dayMs).toISOString(),
    })
    await client.call(identityApi.startSwitch, { params: { productId }, body: { connectionCode, confirmName: product, reason } })
  }
}

/** On the wall of that zone, to the minute. */
function wall(at: Date, timeZone: string): { from: string; time: string } {
  const of = Object.fromEntries(
    new Intl.DateTimeFormat('en-CA', {
      timeZone,
      year: 'numeric',
      month: '2-digit',
      day: '2-digit',
      hour: '2-digit',
      minute: '2-digit',
      hourCycle: 'h23',
    })
      .formatToParts(at)
      .map(({ type, value }) => [type, value]),
  )
  return { from: `${of['year']}-${of['month']}-${of['day']}`, time: `${of['hour']}:${of['minute']}` }
}

function scheduleOf(when: When, now: Date, timeZone: string): Schedule {
  if (when.kind === 'once') return { kind: 'once', ...wall(new Date(now.getTime() + when.inMinutes * minuteMs), timeZone) }
  const repeats = { from: wall(now, timeZone).from, time: when.time, until: null, every: 1 }
  return when.kind === 'weekly'
    ? { kind: 'weekly', ...repeats, days: [...when.days] }
    : { kind: 'monthly-weekday', ...repeats, week: when.week, day: when.days[0] }
}

export async function customerIdOf(client: ConsoleClient, company: string): Promise<string> {
  const { rows } = await client.call(customersApi.listCustomers, { query: { q: company } })
  return rows.find((customer) => customer.company === company)!.id
}
