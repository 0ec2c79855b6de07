import { checkValues, isSame, settingsApi, type SettingsAt } from '@vigie/domain/settings'
import { Problem, type FieldError } from '@vigie/domain/kernel'
import { record } from '../audit/index.ts'
import { assertConsent, enterGate } from '../consent/index.ts'
import { assertVersion, handle, speaker, type Context, type Handler, type TenantDb } from '../platform/index.ts'
import { change, setValues } from './change.ts'
import { deliver, mostAtOnce } from './delivery.ts'
import { isAt, nothingAt, ofCustomers } from './layers.ts'
import { find, ofProduct, typesBelow, type Named } from './places.ts'
import { show, supportOf } from './show.ts'
import { latestVersionOf } from './templates.ts'
import { holdSettings } from './wanted.ts'

const shown = (db: TenantDb, place: Named, actor: Context['actor']): Promise<SettingsAt> =>
  show(db, place, speaker(actor.locale), (id) => latestVersionOf(db, id))

/** Only what fits, and what something there takes. @throws request.invalid, setting.not-supported */
async function checked(db: TenantDb, place: Named, values: Record<string, unknown>): Promise<Parameters<typeof setValues>[0]> {
  const set = Object.fromEntries(Object.entries(values).filter(([, value]) => value !== null))
  const { values: taken, errors } = checkValues(set)
  const unset = Object.keys(values).filter((key) => values[key] === null)
  const wrong: FieldError[] = [
    ...errors,
    ...checkValues(Object.fromEntries(unset.map((key) => [key, null]))).errors.filter(({ code }) => code === 'unknown'),
  ]
  if (wrong.length > 0) throw new Problem('request.invalid', {}, { fields: wrong })
  const types = await typesBelow(db, place)
  const refused = Object.keys(taken).filter(
    (key) => !supportOf(key.split('@')[0]!, types, place.productId).isSupported || key.endsWith('.time-zone'),
  )
  if (refused.length > 0)
    throw new Problem(
      'setting.not-supported',
      { keys: refused },
      { fields: refused.map((key) => ({ path: `values.${key}`, code: 'not-a-choice' })) },
    )
  return { ...taken, ...Object.fromEntries(unset.map((key) => [key, null])) }
}

async function changeAt(
  context: Context,
  place: Named,
  body: { values: Record<string, unknown>; confirmWeaker: boolean },
): Promise<SettingsAt> {
  const { db, actor, now, ifMatch } = context
  assertVersion(ifMatch, ((await ofCustomers(db, [place.customerId])).find(isAt(place)) ?? nothingAt(place)).version)
  const values = await checked(db, place, body.values)
  const next = setValues(values, actor.name, now)
  const step = (before: Parameters<typeof next>[0]) => {
    assertVersion(ifMatch, before.version) // once more, under the lock
    return next(before)
  }
  await change(context, [{ place, next: step }], { confirmWeaker: body.confirmWeaker, activity: 'setting.changed' })
  return await shown(db, place, actor)
}

interface Drifted {
  endpoint_id: string
  group: string
  type_id: string
  wanted: Record<string, unknown>
  reported: Record<string, unknown>
  is_failed: boolean
}
/** Endpoints that report something else than was ordered, or whose last order did not do it. */
async function driftedOf(db: TenantDb, productId: string, endpointIds: readonly string[] | null): Promise<Drifted[]> {
  const { rows } = await db.query<Drifted>(
    `select s.endpoint_id, e."group", p.type_id, s.wanted, s.reported,
       s.reported_revision is distinct from s.wanted_revision and coalesce((select o.step in ('failed', 'unknown') and s.command_revision = s.wanted_revision from command o where o.partner_id = s.partner_id and o.id = s.command_id), false) as is_failed
     from setting_state s join endpoint e on e.partner_id = s.partner_id and e.id = s.endpoint_id join product p on p.partner_id = e.partner_id and p.id = e.product_id
     where s.product_id = $1 and ($2::uuid[] is null or s.endpoint_id = any($2)) and s.wanted_revision > 0 and s.reported is not null order by s.endpoint_id`,
    [productId, endpointIds],
  )
  return rows.filter(
    ({ wanted, reported, is_failed: isFailed }) =>
      isFailed || Object.keys(wanted).some((key) => Object.hasOwn(reported, key) && !isSame(reported[key], wanted[key])),
  )
}

async function assertEndpoints(db: TenantDb, productId: string, endpointIds: readonly string[]): Promise<void> {
  const { rows } = await db.query<{ id: string }>('select id from endpoint where product_id = $1 and id = any($2)', [
    productId,
    endpointIds,
  ])
  const missing = endpointIds.find((id) => !rows.some((row) => row.id === id))
  if (missing !== undefined) throw new Problem('endpoint.not-found', { endpointId: missing })
}

export const settingRoutes: Handler[] = [
  handle(
    settingsApi.getProductSettings,
    async ({ db, actor }, { params, query }) => await shown(db, await ofProduct(db, params.productId, query.group ?? null), actor),
  ),
  handle(
    settingsApi.changeProductSettings,
    async (context, { params, query, body }) =>
      await changeAt(context, await ofProduct(context.db, params.productId, query.group ?? null), body),
  ),
  handle(
    settingsApi.getCustomerSettings,
    async ({ db, actor }, { params }) =>
      await shown(db, await find(db, { customerId: params.customerId, productId: null, group: null }), actor),
  ),
  handle(
    settingsApi.changeCustomerSettings,
    async (context, { params, body }) =>
      await changeAt(context, await find(context.db, { customerId: params.customerId, productId: null, group: null }), body),
  ),

  handle(settingsApi.putBackSettings, async ({ db, now, services, actor, origin }, { params, body }) => {
    const place = await ofProduct(db, params.productId, null)
    if (body.endpointIds) await assertEndpoints(db, place.productId!, body.endpointIds)
    await enterGate(db, [place.customerId], 'sends')
    await assertConsent(db, place.customerId, 'configure')
    await holdSettings(db, [place.customerId])
    await db.query('select from agent where product_id = $1 order by id for no key update', [place.productId])
    const drifted = (await driftedOf(db, place.productId!, body.endpointIds ?? null)).slice(0, mostAtOnce).map((row) => row.endpoint_id)
    if (drifted.length === 0) throw new Problem('setting.nothing-drifted', {})
    await db.query(
      'update setting_state set wanted_revision = greatest(wanted_revision, coalesce(reported_revision, 0)) + 1, wanted_at = $2 where endpoint_id = any($1)',
      [drifted, now],
    )
    await deliver(db, services, now, { id: actor.accountId, name: actor.name }, { endpointIds: drifted })
    db.announce({ kind: 'product', id: place.productId!, customerId: place.customerId })
    await record(
      db,
      services.vault,
      now,
      { kind: 'account', actor, origin },
      {
        activity: 'setting.put-back',
        object: { kind: 'product', id: place.productId, name: place.names[1]! },
        customerId: place.customerId,
        after: { endpointIds: drifted },
      },
    )
    return { endpoints: drifted.length }
  }),

  handle(settingsApi.takeOverSettings, async (context, { params, body }) => {
    const { db, actor, now } = context
    const product = await ofProduct(db, params.productId, null)
    await assertEndpoints(db, params.productId, [body.endpointId])
    const {
      rows: [row],
    } = await db.query<Omit<Drifted, 'is_failed'>>(
      `select s.endpoint_id, e."group", p.type_id, s.wanted, s.reported from setting_state s join endpoint e on e.partner_id = s.partner_id and e.id = s.endpoint_id join product p on p.partner_id = e.partner_id and p.id = e.product_id
       where s.endpoint_id = $1`,
      [body.endpointId],
    )
    const reported = row?.reported ?? {}
    const keys = body.keys.filter((key) => Object.hasOwn(reported, key) && !isSame(reported[key], row!.wanted[key]))
    if (keys.length === 0) throw new Problem('setting.nothing-drifted', {})
    // where the group sets it, the product's word would not reach the endpoint
    const layers = await ofCustomers(db, [product.customerId])
    const group = layers.find(isAt({ ...product, group: row!.group }))
    const ofGroup = (key: string) =>
      group !== undefined && (Object.hasOwn(group.values, key) || (group.template !== null && Object.hasOwn(group.template.values, key)))
    const valuesOf = async (place: Named, own: readonly string[]) =>
      setValues(await checked(db, place, Object.fromEntries(own.map((key) => [key, reported[key]]))), actor.name, now)
    const steps = []
    const [near, far] = [keys.filter(ofGroup), keys.filter((key) => !ofGroup(key))]
    if (far.length > 0) steps.push({ place: product, next: await valuesOf(product, far) })
    if (near.length > 0) {
      const place = await find(db, { ...product, group: row!.group })
      steps.push({ place, next: await valuesOf(place, near) })
    }
    await change(context, steps, { confirmWeaker: body.confirmWeaker, activity: 'setting.taken-over' })
    return await shown(db, product, actor)
  }),
]
