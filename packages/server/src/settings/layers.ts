import { builtInTemplateById, type Layer, type SettingValues } from '@vigie/domain/settings'
import { Problem } from '@vigie/domain/kernel'
import { speaker, newId, type TenantDb } from '../platform/index.ts'
import { levelOf, type Context, type Place } from './places.ts'

/** A layer as it is kept; `id` null: nothing was ever set there. */
export interface Kept extends Place {
  id: string | null
  values: Record<string, SettingValues[string]>
  setBy: Record<string, { by: string; at: string }>
  template: { id: string; name: string; version: number; values: SettingValues; by: string; at: string } | null
  version: number
}

interface Row {
  id: string
  customer_id: string
  product_id: string | null
  group: string | null
  values: Kept['values']
  set_by: Kept['setBy']
  template_id: string | null
  template_version: number | null
  template_name: string | null
  template_values: SettingValues | null
  template_by: string | null
  template_at: Date | null
  version: number
}

const toKept = (row: Row): Kept => ({
  id: row.id,
  customerId: row.customer_id,
  productId: row.product_id,
  group: row.group,
  values: row.values,
  setBy: row.set_by,
  version: row.version,
  template:
    row.template_id === null
      ? null
      : {
          id: row.template_id,
          name: row.template_name!,
          version: row.template_version!,
          values: row.template_values!,
          by: row.template_by!,
          at: row.template_at!.toISOString(),
        },
})
const columns = `id, customer_id, product_id, "group", values, set_by, template_id, template_version, template_name, template_values, template_by, template_at, version`

/** All layers of these customers. Plan: setting_layer_customer. */
export async function ofCustomers(db: TenantDb, customerIds: readonly string[], isLocked = false): Promise<Kept[]> {
  const { rows } = await db.query<Row>(
    `select ${columns} from setting_layer where customer_id = any($1) order by customer_id, product_id nulls first, "group" nulls first ${isLocked ? 'for no key update' : ''}`,
    [customerIds],
  )
  return rows.map(toKept)
}

export const isAt =
  (place: Place) =>
  (kept: Place): boolean =>
    kept.customerId === place.customerId && kept.productId === place.productId && kept.group === place.group
export const nothingAt = (place: Place): Kept => ({
  customerId: place.customerId,
  productId: place.productId,
  group: place.group,
  id: null,
  values: {},
  setBy: {},
  template: null,
  version: 0,
})

/** A built-in template's name is said in the reader's language. */
const templateName = (kept: NonNullable<Kept['template']>, say: ReturnType<typeof speaker> | null): string => {
  const builtIn = builtInTemplateById.get(kept.id)
  return builtIn && say ? say(`template.built-in.${builtIn.family}`) : kept.name
}

/** The layers that reach an endpoint of `context`, outermost first. `product` and `company`: what people call them. */
export function chainOf(
  all: readonly Kept[],
  context: Pick<Context, 'customerId' | 'productId' | 'group'> | Place,
  names: readonly string[] = [],
  say: ReturnType<typeof speaker> | null = null,
): Layer[] {
  const places: Place[] = [{ customerId: context.customerId, productId: null, group: null }]
  if (context.productId !== null) places.push({ customerId: context.customerId, productId: context.productId, group: null })
  if (context.productId !== null && context.group !== null)
    places.push({ customerId: context.customerId, productId: context.productId, group: context.group })
  return places.flatMap((place, at) => {
    const kept = all.find(isAt(place))
    if (!kept) return []
    return [
      {
        level: levelOf(place),
        name: names[at] ?? '',
        values: kept.values,
        setBy: kept.setBy,
        template: kept.template && { ...kept.template, name: templateName(kept.template, say) },
      },
    ]
  })
}

/** `kept.version` is the one that was read: written as the next. @throws request.changed-meanwhile where somebody was quicker */
export async function save(db: TenantDb, kept: Kept): Promise<void> {
  const { template } = kept
  const values = [
    db.tenant.partnerId,
    kept.id ?? newId(),
    kept.customerId,
    kept.productId,
    kept.group,
    JSON.stringify(kept.values),
    JSON.stringify(kept.setBy),
    template?.id ?? null,
    template?.version ?? null,
    template?.name ?? null,
    template ? JSON.stringify(template.values) : null,
    template?.by ?? null,
    template?.at ?? null,
    kept.version + 1,
  ]
  const { rowCount } = await db.query(
    `insert into setting_layer as l (partner_id, id, customer_id, product_id, "group", values, set_by, template_id, template_version, template_name, template_values, template_by, template_at, version)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)
     on conflict (partner_id, customer_id, product_id, "group") do update set values = excluded.values, set_by = excluded.set_by, template_id = excluded.template_id, template_version = excluded.template_version,
       template_name = excluded.template_name, template_values = excluded.template_values, template_by = excluded.template_by, template_at = excluded.template_at, version = excluded.version
     where l.version = excluded.version - 1`,
    values,
  )
  if (rowCount === 0) throw new Problem('request.changed-meanwhile', {})
}
