import { causeOf, channelLimits } from '@vigie/domain/agents'
import { applyOutcomes } from '../commands/index.ts'
import { markDue } from '../assessment/index.ts'
import { newId, type TenantDb } from '../platform/index.ts'
import { noteReported, type Reported } from '../settings/index.ts'
import { lastSeqOf, type Batch, type Result, type Sender } from './batch.ts'
import { applySightings, staysInPlace, type Sighting } from './infections.ts'
import { insertDetections, microsecondsOf, type DetectionRow, type SourceRow } from './detections.ts'
import { refuse, type Sorted } from './items.ts'
import {
  endpointName,
  findAliases,
  findEndpoints,
  insertLetters,
  lockPositions,
  moveSequences,
  showEngines,
  showProducts,
  upsertEndpoints,
  type Alias,
  type EndpointRow,
  type KnownEndpoint,
  type Letter,
  type Position,
} from './store.ts'
import { noteThreats } from './threats.ts'

/** What of a batch is new: the rest was stored before. */
interface Fresh {
  sender: Sender
  epoch: string
  items: Sorted
}

/** Says when a product's new detections may be announced: at most once a second each, so that a storm is not one of notices too. */
export interface Pacer {
  mayAnnounce(sender: Sender): boolean
}

/**
 * How sure we are of what comes. `quick`: every detection is new, as they are but after a reinstall or a restore. `tolerant`: some may be stored already. `careful`:
 * item by item, each in a savepoint; what the store refuses goes to the dead letter, the others are stored (R19).
 */
export type Manner = 'quick' | 'tolerant' | 'careful'

/**
 * Stores batches of one business in the caller's transaction: exactly once, however often each comes (R22). All of it in four round trips: positions and known endpoints;
 * new or changed endpoints; detections with their tallies; all the rest.
 */
export async function store(
  db: TenantDb,
  batches: readonly Batch[],
  now: Date,
  pacer: Pacer,
  manner: Manner = 'tolerant',
): Promise<Result[]> {
  const agentIds = [...new Set(batches.map(({ sender }) => sender.agentId))]
  const wanted = endpointsOf(batches)
  const own = [
    ...new Map(
      batches.map(({ sender }) => [sender.agentId, { productId: sender.productId, key: keyOf(sender, sender.fingerprint) }]),
    ).values(),
  ]
  // positions first: who merges endpoints holds their agents' locks
  const [positions, known, aliases] = await Promise.all([lockPositions(db, agentIds), findEndpoints(db, wanted), findAliases(db, own)])
  for (const [name, alias] of aliases) known.set(name, alias)
  const { fresh, results } = judgeAll(batches, positions)
  if (fresh.length === 0) return results
  const moved = [...new Map(fresh.map(({ sender }) => [sender.agentId, positions.get(sender.agentId)!])).values()]
  if (manner === 'careful') {
    for (const one of fresh) await writeCarefully(db, one, { positions, known, aliases, now, pacer })
    await moveSequences(db, moved, now)
  } else {
    await write(db, fresh, {
      positions,
      known,
      aliases,
      now,
      pacer,
      mayRepeat: manner === 'tolerant',
      alongside: () => moveSequences(db, moved, now),
    })
  }
  return results
}

/** Moves each agent's position over the batches that follow it. */
function judgeAll(batches: readonly Batch[], positions: Map<string, Position>): { fresh: Fresh[]; results: Result[] } {
  const fresh: Fresh[] = []
  const results = batches.map((batch): Result => {
    const { sender, epoch, firstSeq } = batch
    const position = positions.get(sender.agentId)
    if (!position || position.connectionId !== sender.connectionId || position.epoch !== epoch) return { kind: 'superseded' }
    const lastSeq = lastSeqOf(batch)
    if (lastSeq <= position.lastSeq) return { kind: 'stored', seq: position.lastSeq }
    if (firstSeq > position.lastSeq + 1) return { kind: 'missing', expectedSeq: position.lastSeq + 1 }
    fresh.push({ sender, epoch, items: firstSeq > position.lastSeq ? batch.items : after(batch.items, position.lastSeq) })
    position.lastSeq = lastSeq
    return { kind: 'stored', seq: lastSeq }
  })
  return { fresh, results }
}

function after(items: Sorted, seq: number): Sorted {
  const isNew = (one: { seq: number }) => one.seq > seq
  return {
    detections: items.detections.filter(isNew),
    cleared: items.cleared.filter(isNew),
    endpoints: items.endpoints.filter(isNew),
    outcomes: items.outcomes.filter(isNew),
    refused: items.refused.filter(isNew),
  }
}

const keyOf = (sender: Sender, endpoint: string) => sender.endpointPrefix + endpoint

function endpointsOf(batches: readonly Batch[]): { productId: string; key: string }[] {
  const wanted = new Map<string, { productId: string; key: string }>()
  for (const { sender, items } of batches) {
    let last = ''
    const want = (endpoint: string) => {
      if (endpoint === last) return
      last = endpoint
      const key = keyOf(sender, endpoint)
      wanted.set(endpointName(sender.productId, key), { productId: sender.productId, key })
    }
    for (const { item } of items.detections) want(item.endpoint)
    for (const { item } of items.cleared) want(item.endpoint)
  }
  return [...wanted.values()]
}

interface Writing {
  positions: ReadonlyMap<string, Position>
  known: Map<string, KnownEndpoint>
  aliases: ReadonlyMap<string, Alias>
  now: Date
  pacer: Pacer
  /** Item by item: some of it may be taken back while the rest stays. */
  isCareful?: boolean
}

async function write(
  db: TenantDb,
  fresh: readonly Fresh[],
  {
    positions,
    known,
    aliases,
    now,
    pacer,
    isCareful = false,
    mayRepeat,
    alongside,
  }: Writing & { mayRepeat: boolean; alongside: () => Promise<void> },
): Promise<void> {
  const endpoints = endpointRows(fresh, known, aliases, now)
  if (endpoints.length > 0) for (const [name, endpoint] of await upsertEndpoints(db, endpoints, now)) known.set(name, endpoint)
  // one endpoint under two names is one
  for (const [name, { productId, key }] of aliases) known.set(name, known.get(endpointName(productId, key)) ?? known.get(name)!)
  const idOf = (sender: Sender, endpoint: string) => known.get(endpointName(sender.productId, keyOf(sender, endpoint)))!
  const { sources, detections, sick } = detectionRows(fresh, idOf)
  for (const { sender, items } of fresh) {
    if (items.detections.length > 0 && pacer.mayAnnounce(sender))
      db.announce({ kind: 'detection', id: sender.productId, customerId: sender.customerId })
  }
  const notable = detections.length > 0 ? await insertDetections(db, sources, detections, sick, now, mayRepeat) : []
  const sightings: Sighting[] = []
  for (const one of notable) {
    const isLeft = staysInPlace(one.outcome)
    if (isLeft === null) continue
    const { customer_id: customerId, product_id: productId, endpoint_id: endpointId, category, threat, object, at } = one
    sightings.push({ customerId, productId, endpointId, category, threat, object, at, how: one.outcome, isLeft })
  }
  for (const { sender, items } of fresh) {
    for (const { item } of items.cleared) {
      const { customerId, productId } = sender
      sightings.push({
        customerId,
        productId,
        endpointId: idOf(sender, item.endpoint).id,
        category: item.category,
        threat: item.threat,
        object: item.object,
        at: new Date(item.at),
        how: item.how,
        isLeft: false,
      })
    }
  }

  const work: Promise<unknown>[] = [alongside()]
  if (detections.length > 0) work.push(noteThreats(db, sources, detections, now, !isCareful))
  if (sightings.length > 0) work.push(applySightings(db, sightings))
  work.push(...tellOfEngines(db, fresh, positions))
  const settings = fresh.flatMap(({ sender, items }) =>
    items.endpoints.flatMap(({ item }): Reported[] => {
      const { customerId, productId, agentId } = sender
      return item.settings ? [{ endpointId: idOf(sender, item.endpoint).id, customerId, productId, agentId, settings: item.settings }] : []
    }),
  )
  if (settings.length > 0) work.push(noteReported(db, settings, now))
  const letters = fresh.flatMap((one) => lettersOf(one, now))
  if (letters.length > 0) work.push(insertLetters(db, letters, now))
  const outcomes = fresh.flatMap(({ sender, items }) => items.outcomes.map(({ item }) => ({ agentId: sender.agentId, item })))
  if (outcomes.length > 0) work.push(applyOutcomes(db, outcomes, now))
  const concerned = fresh.filter(({ items }) => items.detections.length + items.cleared.length + items.endpoints.length > 0)
  work.push(markDue(db, [...new Map(concerned.map(({ sender }) => [sender.productId, sender])).values()], now))
  await Promise.all(work)
}

/** Detections as they travel: what many have in common is said once. */
function detectionRows(
  fresh: readonly Fresh[],
  idOf: (sender: Sender, endpoint: string) => KnownEndpoint,
): { sources: SourceRow[]; detections: DetectionRow[]; sick: Set<string> } {
  const sources = new Map<string, SourceRow>()
  const detections: DetectionRow[] = []
  const sick = new Set<string>()
  for (const { sender, items } of fresh) {
    let [source, endpoint]: [SourceRow | null, string] = [null, '']
    for (const { item } of items.detections) {
      if (source === null || item.endpoint !== endpoint || item.category !== source.category || item.engine !== source.engine) {
        endpoint = item.endpoint
        const name = JSON.stringify([sender.connectionId, endpoint, item.category, item.engine])
        const known = idOf(sender, endpoint)
        if (known.openInfections > 0) sick.add(known.id)
        source = sources.get(name) ?? {
          k: sources.size,
          customer_id: sender.customerId,
          product_id: sender.productId,
          type_id: sender.typeId,
          endpoint_id: known.id,
          category: item.category,
          engine: item.engine,
          offset: correctionOf(sender),
        }
        sources.set(name, source)
      }
      if (staysInPlace(item.outcome)) {
        // one that falls ill here may be cured here too
        idOf(sender, endpoint).openInfections ||= 1
        sick.add(source.endpoint_id)
      }
      const { at, contentId, threat, object, outcome } = item
      detections.push({ source: source.k, atUs: microsecondsOf(at), contentId, threat, object, outcome })
    }
  }
  return { sources: [...sources.values()], detections, sick }
}

/** R23: a clock that is about right is left alone; one that is far off is put right by what was measured. */
const correctionOf = ({ clockOffsetMs }: Sender) => (Math.abs(clockOffsetMs) > channelLimits.clockWarnMs ? clockOffsetMs : 0)

/** The newest report of each endpoint, and those that detections name and nobody knows yet. */
function endpointRows(
  fresh: readonly Fresh[],
  known: ReadonlyMap<string, KnownEndpoint>,
  aliases: ReadonlyMap<string, Alias>,
  now: Date,
): EndpointRow[] {
  const rows = new Map<string, EndpointRow>()
  for (const { sender, items } of fresh) {
    const { customerId, productId, agentId } = sender
    for (const endpoint of new Set([...items.detections, ...items.cleared].map(({ item }) => item.endpoint))) {
      const key = keyOf(sender, endpoint)
      const name = endpointName(productId, key)
      if (known.has(name) || rows.has(name)) continue
      rows.set(name, {
        id: newId(now),
        customerId,
        productId,
        agentId,
        key,
        name: endpoint === sender.fingerprint ? sender.hostname : endpoint,
        report: null,
      })
    }
    for (const { item } of items.endpoints) {
      const own = { customerId, productId, key: keyOf(sender, item.endpoint) }
      const place = aliases.get(endpointName(own.productId, own.key)) ?? own
      const name = endpointName(place.productId, place.key)
      const collectedMs = Math.min(Date.parse(item.at) + correctionOf(sender), now.getTime())
      if (aliases.size > 0 && (rows.get(name)?.report?.collectedAt.getTime() ?? 0) > collectedMs) continue
      rows.set(name, {
        id: newId(now),
        customerId: place.customerId,
        productId: place.productId,
        agentId,
        key: place.key,
        name: sender.hostname,
        report: { item, collectedAt: new Date(collectedMs) },
      })
    }
  }
  return [...rows.values()]
}

/** AGT-2, AGT-7: an agent whose engine is missing or faulty is shown so, and what it can be told to do. */
function tellOfEngines(db: TenantDb, fresh: readonly Fresh[], positions: ReadonlyMap<string, Position>): Promise<unknown>[] {
  const agents = new Map<
    string,
    { id: string; commands: Sorted['endpoints'][number]['item']['commands']; state: string; cause: string | null }
  >()
  const products = new Map<string, Sender>()
  for (const { sender, items } of fresh) {
    const own = items.endpoints.findLast(({ item }) => item.endpoint === sender.fingerprint)?.item
    if (!own) continue
    const position = positions.get(sender.agentId)!
    const cause = causeOf(own.engine?.problem ?? null)
    const isEnabled = position.switch === 'enabled'
    const healthy = position.state === 'plug-in-error' ? { state: 'online', cause: null } : position
    const { state, cause: shown } = isEnabled && cause !== null ? { state: 'plug-in-error', cause } : isEnabled ? healthy : position
    agents.set(sender.agentId, { id: sender.agentId, commands: own.commands, state, cause: shown })
    if (state !== position.state || shown !== position.cause) products.set(sender.productId, sender)
    Object.assign(position, { state, cause: shown })
  }
  if (agents.size === 0) return []
  return [showEngines(db, [...agents.values()]), ...(products.size > 0 ? [showProducts(db, [...products.values()])] : [])]
}

function lettersOf({ sender, epoch, items }: Fresh, now: Date): Letter[] {
  const { customerId, productId, agentId } = sender
  return items.refused.map((one) => ({ id: newId(now), customerId, productId, agentId, epoch, ...one }))
}

async function writeCarefully(db: TenantDb, { sender, epoch, items }: Fresh, writing: Writing): Promise<void> {
  const { known, now } = writing
  const none: Sorted = { detections: [], cleared: [], endpoints: [], outcomes: [], refused: [] }
  const refused: Sorted['refused'] = [...items.refused]
  const singles: { seq: number; item: unknown; items: Sorted }[] = [
    ...items.endpoints.map((one) => ({ ...one, items: { ...none, endpoints: [one] } })),
    ...items.detections.map((one) => ({ ...one, items: { ...none, detections: [one] } })),
    ...items.cleared.map((one) => ({ ...one, items: { ...none, cleared: [one] } })),
    ...items.outcomes.map((one) => ({ ...one, items: { ...none, outcomes: [one] } })),
  ].sort((a, b) => a.seq - b.seq)
  for (const single of singles) {
    const knownBefore = new Map(known)
    await db.query('savepoint item')
    try {
      await write(db, [{ sender, epoch, items: single.items }], { ...writing, isCareful: true, mayRepeat: true, alongside: async () => {} })
      await db.query('release savepoint item')
    } catch (error) {
      if (!isDataError(error)) throw error
      await db.query('rollback to savepoint item')
      known.clear()
      for (const [name, endpoint] of knownBefore) known.set(name, endpoint)
      refuse({ refused }, single.item, single.seq, 'store-refused')
    }
  }
  const letters = lettersOf({ sender, epoch, items: { ...none, refused } }, now)
  if (letters.length > 0) await insertLetters(db, letters, now)
}

/** The store says that a value can't be: data exception, or a constraint or a limit of its own (SQLSTATE 22, 23, 54). */
export const isDataError = (error: unknown): boolean => /^(2[23]|54)/.test((error as { code?: string } | null)?.code ?? '')
