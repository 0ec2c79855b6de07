import { productTypeById } from '@vigie/connectors/products'
import { settingsApi, type SettingTarget, type Template, type TemplateEffect } from '@vigie/domain/settings'
import { Problem } from '@vigie/domain/kernel'
import { record } from '../audit/index.ts'
import { assertVersion, handle, speaker, type Handler, type TenantDb } from '../platform/index.ts'
import { change, followTemplate, plan, type Effect, type Step } from './change.ts'
import { find, namesIn, typesBelow, type Named } from './places.ts'
import * as templates from './templates.ts'

const objectOf = (template: Template) => ({ kind: 'template', id: template.id, name: template.name })
const shownInAudit = ({ name, about, families, values, version }: Template) => ({ name, about, families, values, version })

/** Does anything there belong to the template's families? A customer without products may follow one before the first comes. */
export async function reasonAgainst(db: TenantDb, place: Named, template: Pick<Template, 'families'>): Promise<string | null> {
  const families = (await typesBelow(db, place)).map((type) => productTypeById.get(type)?.family)
  return families.length === 0 || families.some((family) => family !== undefined && template.families.includes(family))
    ? null
    : 'other-family'
}

const placesOf = async (db: TenantDb, targets: readonly SettingTarget[]): Promise<Named[]> => {
  const places: Named[] = []
  for (const target of targets) places.push(await find(db, target))
  return places.filter(
    (place, at) =>
      places.findIndex(
        (other) => other.customerId === place.customerId && other.productId === place.productId && other.group === place.group,
      ) === at,
  )
}

const toEffect = ({ place, changes, endpointCount }: Effect, reason: string | null, say: ReturnType<typeof speaker>): TemplateEffect => ({
  target: { customerId: place.customerId, productId: place.productId, group: place.group },
  names: namesIn(place, say),
  changes,
  endpointCount,
  reason,
})

export const templateRoutes: Handler[] = [
  handle(settingsApi.listTemplates, async ({ db, actor }, { query }) => ({
    rows: await templates.list(db, query, speaker(actor.locale)),
    nextCursor: null,
  })),
  handle(settingsApi.getTemplate, async ({ db, actor }, { params }) => await templates.get(db, params.templateId, speaker(actor.locale))),

  handle(settingsApi.createTemplate, async ({ db, now, services, actor, origin }, { body }) => {
    const id = await templates.add(db, templates.checked(body), actor.name, now)
    const template = await templates.get(db, id, speaker(actor.locale))
    await record(
      db,
      services.vault,
      now,
      { kind: 'account', actor, origin },
      { activity: 'template.created', object: objectOf(template), after: shownInAudit(template) },
    )
    return template
  }),

  handle(settingsApi.saveTemplate, async ({ db, now, services, actor, origin, ifMatch }, { params, body }) => {
    const before = await templates.lock(db, params.templateId, speaker(actor.locale))
    assertVersion(ifMatch, before.version)
    await templates.save(db, before, templates.checked(body), actor.name, now)
    const after = await templates.get(db, before.id, speaker(actor.locale))
    await record(
      db,
      services.vault,
      now,
      { kind: 'account', actor, origin },
      { activity: 'template.saved', object: objectOf(after), before: shownInAudit(before), after: shownInAudit(after) },
    )
    return after
  }),

  handle(settingsApi.deleteTemplate, async ({ db, now, services, actor, origin }, { params }) => {
    const before = await templates.lock(db, params.templateId, speaker(actor.locale))
    await templates.remove(db, before.id)
    await record(
      db,
      services.vault,
      now,
      { kind: 'account', actor, origin },
      { activity: 'template.deleted', object: objectOf(before), before: shownInAudit(before) },
    )
    return null
  }),

  handle(settingsApi.listTemplateVersions, async ({ db, actor }, { params }) => ({
    rows: await templates.versions(db, await templates.get(db, params.templateId, speaker(actor.locale))),
  })),

  handle(settingsApi.previewTemplate, async ({ db, now, actor }, { params, body }) => {
    const template = await templates.get(db, params.templateId, speaker(actor.locale))
    const places = await placesOf(db, body.targets)
    const { effects } = await plan(
      { db },
      places.map((place) => stepOf(place, template, actor.name, now)),
    )
    const shown: TemplateEffect[] = []
    for (const effect of effects) shown.push(toEffect(effect, await reasonAgainst(db, effect.place, template), speaker(actor.locale)))
    return { version: template.version, effects: shown }
  }),

  handle(settingsApi.applyTemplate, async (context, { params, body }) => {
    const { db, actor, now } = context
    const template = await templates.get(db, params.templateId, speaker(actor.locale), 'share')
    if (template.version !== body.version) throw new Problem('request.changed-meanwhile', { version: template.version })
    const places = await placesOf(db, body.targets)
    for (const place of places)
      if ((await reasonAgainst(db, place, template)) !== null)
        throw new Problem('template.does-not-fit', { names: namesIn(place, speaker(actor.locale)) })
    const effects = await change(
      context,
      places.map((place) => stepOf(place, template, actor.name, now)),
      { confirmWeaker: body.confirmWeaker, activity: 'template.applied' },
    )
    return { effects: effects.map((effect) => toEffect(effect, null, speaker(actor.locale))) }
  }),
]

const stepOf = (place: Named, { id, name, version, values }: Template, by: string, now: Date): Step => ({
  place,
  next: followTemplate({ id, name, version, values, by, at: now.toISOString() }),
})
