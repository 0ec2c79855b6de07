import { productTypes } from '@vigie/connectors/products'

/** Where malware stayed or may have been dealt with. */
export const notableOutcomes = ['blocked', 'failed', 'none']
export const gatewayTypes: readonly string[] = productTypes.filter(({ family }) => family === 'gateway').map(({ id }) => id)

const insert = (more: string) => `
  with source as materialized (
    select * from json_to_recordset($3) as s (k integer, customer_id uuid, product_id uuid, type_id text, endpoint_id uuid, category text, engine text, "offset" integer)
  ),
  added as (
    insert into detection (partner_id, customer_id, product_id, at, content_id, endpoint_id, category, threat, object, outcome, engine, received_at, counted_at)
    select $1, s.customer_id, s.product_id, d.at, d.content_id, s.endpoint_id, s.category, d.threat, d.object, d.outcome, s.engine, $2, least(d.at + s."offset" * interval '1 millisecond', $2)
    from (
      select unnest($4::integer[]) as source, unnest($5::timestamptz[]) as at, unnest($6::bytea[]) as content_id, unnest($7::text[]) as threat, unnest($8::text[]) as object, unnest($9::text[]) as outcome offset 0
    ) d join source s on s.k = d.source
    ${more}`
/** Every flush takes the rows in the same order. */
const count = (minutes: string, hours: string) => `
  minutes as (
    insert into tally_minute as m (partner_id, product_id, category, minute, customer_id, count) ${minutes} order by 2, 3, 4
    on conflict (partner_id, product_id, category, minute) do update set count = m.count + excluded.count
  ),
  hours as (
    insert into tally_hour as h (partner_id, customer_id, type_id, category, hour, count) ${hours} order by 5, 4, 3, 2
    on conflict (partner_id, hour, category, type_id, customer_id) do update set count = h.count + excluded.count
  )`

/** Of gateways by appliance too: a statement of its own, for those flushes alone that have any (decision 41). */
const countAppliances = (rows: string) => `,
  appliances as (
    insert into tally_appliance as a (partner_id, hour, category, customer_id, product_id, totals) ${rows} order by 2, 3, 4, 5
    on conflict (partner_id, hour, category, customer_id, product_id) do update set totals = vigie.add_five_minutes(a.totals, excluded.totals)
  )`

const allOf = (more: string) => `${insert('')}),
  ${count(
    `select $1, product_id, category, minute, customer_id, count from json_to_recordset($10) as r (product_id uuid, category text, minute timestamptz, customer_id uuid, count integer)`,
    `select $1, customer_id, type_id, category, hour, count from json_to_recordset($11) as r (customer_id uuid, type_id text, category text, hour timestamptz, count integer)`,
  )}${more}
  select where false`
export const insertAll = allOf('')
export const insertAllOfGateways = allOf(
  countAppliances(
    `select $1, hour, category, customer_id, product_id, totals from json_to_recordset($12) as r (hour timestamptz, category text, customer_id uuid, product_id uuid, totals integer[])`,
  ),
)

const newOf = (more: string) => `${insert(`on conflict do nothing
    returning customer_id, product_id, endpoint_id, category, threat, object, outcome, at, counted_at`)}
  ),
  ${count(
    `select $1, product_id, category, date_trunc('minute', counted_at), (array_agg(customer_id))[1], count(*) from added
    where date_trunc('minute', counted_at) > date_trunc('minute', $2::timestamptz - interval '2 hours') group by 2, 3, 4`,
    `select $1, a.customer_id, s.type_id, a.category, date_trunc('hour', a.counted_at), count(*)
    from added a join (select distinct product_id, type_id from source) s on s.product_id = a.product_id group by 2, 3, 4, 5`,
  )}${more}
  select customer_id, product_id, endpoint_id, category, threat, object, outcome, at from added where outcome in (${notableOutcomes.map((one) => `'${one}'`).join(', ')}) or endpoint_id = any($10::uuid[])`
export const insertNew = newOf('')
export const insertNewOfGateways = newOf(
  countAppliances(
    `select $1, date_trunc('hour', d.counted_at), d.category, d.customer_id, d.product_id, vigie.five_minutes(array_agg(vigie.slot(d.counted_at)), 1)
    from added d where d.product_id in (select product_id from source where type_id = any($11)) group by 2, 3, 4, 5`,
  ),
)
