import { accessApi } from '@vigie/domain/access'
import { commandsApi, commandSteps, isFinal } from '@vigie/domain/commands'
import { eventsApi, silences, type Event, type EventDetail } from '@vigie/domain/events'
import { ApiRefused } from '../console/index.ts'
import { estateOf } from './estate.ts'
import { people } from './people.ts'
import type { Stage } from './player.ts'
import type { Case, Standing } from './standing.ts'

const hourMs = 3_600_000
const oursKept = 300
/** Whose eyes the demo uses: a technician who sees every customer. */
const reader = 1
const anySilence = silences.join(',')
const openSteps = commandSteps.filter((step) => !isFinal(step)).join(',')
const health = new Set(
  estateOf()
    .filter(({ tags }) => tags.includes('health'))
    .flatMap(({ products }) => products.map(({ description }) => description)),
)

/** What they write, by what it is about; the language of the house is English. */
const words: Readonly<Record<Case['kind'], readonly string[]>> = {
  infection: [
    'Rang them: the machine stays off the network until the scan is through.',
    'The user says it came by mail. Scanning first, then I look at the mailbox.',
    'Same family as last week next door; scanning all of it.',
    'They had plugged in a stick from a trade fair. Scanning, then the stick.',
  ],
  burst: [
    'One address is behind most of it; blocked at the edge.',
    'A scanner that goes round; nothing answers. I keep an eye on it.',
    'Traced to one notebook of a guest; it is on the guest network now.',
  ],
  protection: [
    'Somebody installs software there; he switches it on again when he is done.',
    'Rang them: switched off by mistake, they see to it.',
  ],
  components: ['Their proxy was restarted last night; ordering the update by hand.', 'The line was full of backups; trying again now.'],
  alert: [
    'Seen. Rang them: no such mail has arrived, and they know what to look for.',
    'Seen. Their ports are closed to the outside anyway; patterns are ordered for tonight.',
  ],
  away: [],
}

/**
 * The reseller's technicians at work while somebody looks: they take what has just opened, say what they know, order, snooze. What a visitor has touched they leave alone: whatever was done to an
 * event since the present began, and not by them, a visitor did, also where he signed in as one of them.
 */
export class Colleagues {
  readonly #stage: Stage
  readonly #standing: Standing
  readonly #pick: <T>(list: readonly T[]) => T
  readonly #accountIds = new Map<number, string>()

  constructor(stage: Stage, standing: Standing, pick: <T>(list: readonly T[]) => T) {
    this.#stage = stage
    this.#standing = standing
    this.#pick = pick
  }

  /** Whoever looks after that product; one of them sees the health customers only. */
  whoFor(product: string): number {
    return this.#pick(health.has(product) ? [4, 4, 1] : [1, 1, 3])
  }

  /** Whether nobody but us works there: no open event that a visitor touched, no order under way. */
  async isFree(product: string): Promise<boolean> {
    const client = await this.#stage.as(reader)
    const productId = this.#standing.productIds[product]!
    const { rows: commands } = await client.call(commandsApi.listCommands, { query: { productId, step: openSteps, limit: 1 } })
    if (commands.length > 0) return false
    const { rows: events } = await client.call(eventsApi.listEvents, { query: { productId, silence: anySilence } })
    for (const { id } of events) if (this.#isTouched(await client.call(eventsApi.getEvent, { params: { eventId: id } }))) return false
    return true
  }

  /** The event of a case, whoever's; null: none has opened, or it is over. `isOurs` false: a visitor has touched it. */
  async eventOf({ product, category, since }: Case): Promise<{ event: EventDetail; isOurs: boolean } | null> {
    const client = await this.#stage.as(reader)
    const { rows } = await client.call(eventsApi.listEvents, {
      query: { productId: this.#standing.productIds[product]!, category, silence: anySilence, sort: '-openedAt' },
    })
    const found = rows.find(({ openedAt }) => openedAt >= since)
    if (!found) return null
    const event = await client.call(eventsApi.getEvent, { params: { eventId: found.id } })
    return { event, isOurs: !this.#isTouched(event) }
  }

  /** An event of a virus alert that nobody has taken yet; null: all are seen to. */
  async unseenAlert(): Promise<Event | null> {
    const { rows } = await (
      await this.#stage.as(reader)
    ).call(eventsApi.listEvents, { query: { category: 'outbreak-defence', assignee: 'nobody', limit: 20 } })
    return rows.find(({ id, condition }) => condition.endsWith('-alert') && this.#standing.ours[id] === undefined) ?? null
  }

  /** One thing, by the person of the case. Refused where he may no longer: then nothing is done. */
  async do(step: Exclude<Case['left'][number], 'mend'>, { by, kind }: Case, event: EventDetail): Promise<void> {
    const client = await this.#stage.as(by)
    const ids = [event.id]
    const params = { eventId: event.id }
    const before = this.#marks(event)
    switch (step) {
      case 'take':
        await client.call(eventsApi.assignEvents, { body: { ids, accountId: await this.#accountId(by), ifAssignedTo: null } })
        break
      case 'say':
        await client.call(eventsApi.addComment, { params, body: { text: this.#pick(words[kind]) } })
        break
      case 'resolve':
        await client.call(eventsApi.resolveEvent, { params })
        break
      case 'snooze': {
        const until = new Date(this.#stage.now().getTime() + 2 * hourMs).toISOString()
        await client.call(eventsApi.silenceEvents, {
          body: { ids, kind: 'snoozed', reason: 'Blocked at the edge; let the hour pass.', until, unless: 'worse' },
        })
      }
    }
    // one mark more is ours; a second one came from somebody else at the same moment, and makes it his
    if (this.#marks(await client.call(eventsApi.getEvent, { params })) === before + 1) this.#keep(event.id, before + 1)
  }

  /** A look at a machine at which nothing is wrong. */
  async scan(product: string): Promise<void> {
    await (
      await this.#stage.as(this.whoFor(product))
    ).call(commandsApi.sendCommand, { params: { productId: this.#standing.productIds[product]! }, body: { type: 'scan-now' } })
  }

  #isTouched(event: EventDetail): boolean {
    return this.#marks(event) !== (this.#standing.ours[event.id] ?? 0)
  }

  /** What people did to it in the present; a comment that was changed or taken back is one more. */
  #marks({ steps, comments }: EventDetail): number {
    const since = this.#standing.presentSince ?? ''
    const done = steps.filter(({ byId, at }) => byId !== null && at >= since).length
    return comments
      .filter(({ at }) => at >= since)
      .reduce((sum, { text, editedAt }) => sum + 1 + (text === null ? 1 : 0) + (editedAt === null ? 0 : 1), done)
  }

  #keep(eventId: string, marks: number): void {
    const { ours } = this.#standing
    delete ours[eventId]
    ours[eventId] = marks
    for (const old of Object.keys(ours).slice(0, -oursKept)) delete ours[old]
  }

  async #accountId(by: number): Promise<string> {
    const known = this.#accountIds.get(by) ?? (await (await this.#stage.as(by)).call(accessApi.getMe)).account.id
    this.#accountIds.set(by, known)
    return known
  }
}

/** What the API refuses a person: he may no longer (a visitor took his right, or his customer, away), or another did it before. */
export const isRefusal = (error: unknown): boolean => error instanceof ApiRefused && error.status < 500

/** Whose sessions tell that somebody looks at the console just now: those the demo itself is signed in as. */
export const lookouts: readonly number[] = people.flatMap((person, index) =>
  person.limitedTo && 'company' in person.limitedTo ? [] : index,
)
