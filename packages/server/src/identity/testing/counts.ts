import type { TestDatabase } from '../../platform/testing/database.ts'

/** Every kept count of a business beside the rows it stands for: what differs. Empty: all is right. */
export async function wrongCounts(database: TestDatabase, partnerId: string): Promise<Record<string, unknown>[]> {
  const checks: Record<string, string> = {
    'product.endpoint_count':
      'select p.id, p.endpoint_count as kept, (select count(*)::integer from endpoint e where e.product_id = p.id) as real from product p where p.partner_id = $1',
    'endpoint_group.endpoint_count': `select g.product_id as id, g.endpoint_count as kept, (select count(*)::integer from endpoint e where e.product_id = g.product_id and e."group" = g.name) as real from endpoint_group g where g.partner_id = $1`,
    'customer.endpoint_count':
      'select c.id, c.endpoint_count as kept, (select count(*)::integer from endpoint e where e.customer_id = c.id) as real from customer c where c.partner_id = $1',
    'customer.product_count':
      'select c.id, c.product_count as kept, (select count(*)::integer from product p where p.customer_id = c.id) as real from customer c where c.partner_id = $1',
    'endpoint.open_infections':
      'select e.id, e.open_infections as kept, (select count(*)::integer from infection i where i.endpoint_id = e.id and i.closed_at is null) as real from endpoint e where e.partner_id = $1',
    'customer.action_required_count':
      'select c.id, c.action_required_count as kept, (select coalesce(sum(p.action_required_count), 0)::integer from product p where p.customer_id = c.id) as real from customer c where c.partner_id = $1',
    'customer.threat_action_count':
      'select c.id, c.threat_action_count as kept, (select coalesce(sum(p.threat_action_count), 0)::integer from product p where p.customer_id = c.id) as real from customer c where c.partner_id = $1',
    'product.action_required_count': `select p.id, p.action_required_count as kept, (select count(*)::integer from event e where e.product_id = p.id and e.state <> 'resolved' and e.severity = 'action-required') as real from product p where p.partner_id = $1`,
    tally_hour: `select coalesce(t.customer_id, d.customer_id) as id, coalesce(t.count, 0)::integer as kept, coalesce(d.count, 0)::integer as real
      from (select * from tally_hour where partner_id = $1) t full join (
        select d.customer_id, p.type_id, d.category, date_trunc('hour', d.counted_at) as hour, count(*) from detection d join product p on p.partner_id = d.partner_id and p.id = d.product_id where d.partner_id = $1 group by 1, 2, 3, 4) d
      on d.customer_id = t.customer_id and d.type_id = t.type_id and d.category = t.category and d.hour = t.hour`,
    tally_appliance: `select coalesce(t.product_id, d.product_id) as id, coalesce(t.count, 0)::integer as kept, coalesce(d.count, 0)::integer as real from (
        select product_id, customer_id, category, sum(count) as count from (
          select product_id, customer_id, category, count from tally_appliance where partner_id = $1
          union all select product_id, customer_id, category, totals[25] from tally_appliance_day where partner_id = $1 and category <> '' and day = (select max(day) from tally_appliance_day where partner_id = $1)) c group by 1, 2, 3) t
      full join (
        select d.product_id, d.customer_id, d.category, count(*) from detection d join product p on p.partner_id = d.partner_id and p.id = d.product_id where d.partner_id = $1 and p.type_id in ('squid-gateway', 'cloud-edge') group by 1, 2, 3) d
      on d.product_id = t.product_id and d.customer_id = t.customer_id and d.category = t.category`,
    tally_minute: `select t.product_id as id, t.count as kept, (select count(*)::integer from detection d where d.product_id = t.product_id and d.category = t.category and date_trunc('minute', d.counted_at) = t.minute) as real from tally_minute t where t.partner_id = $1`,
  }
  const wrong: Record<string, unknown>[] = []
  for (const [name, text] of Object.entries(checks)) {
    const { rows } = await database.owner.query(`select * from (${text}) counts where kept <> real`, [partnerId])
    wrong.push(...rows.map((row: Record<string, unknown>) => ({ name, ...row })))
  }
  // rows and what hangs on them stand at one customer, and every alias leads somewhere
  const strays: Record<string, string> = {
    'endpoint at another customer':
      'select e.id from endpoint e join product p on p.partner_id = e.partner_id and p.id = e.product_id where e.partner_id = $1 and e.customer_id <> p.customer_id',
    'infection at another customer':
      'select i.id from infection i join endpoint e on e.partner_id = i.partner_id and e.id = i.endpoint_id where i.partner_id = $1 and i.customer_id <> e.customer_id',
    'event at another customer':
      'select e.id from event e join product p on p.partner_id = e.partner_id and p.id = e.product_id where e.partner_id = $1 and e.customer_id <> p.customer_id',
    'record of nobody': `select d.endpoint_id as id from detection d where d.partner_id = $1 and not exists (select from endpoint e where e.id = d.endpoint_id) and not exists (select from endpoint_alias a where a.merged_id = d.endpoint_id)
      and not exists (select from test_removed r where r.id = d.endpoint_id)`,
    'alias of another customer':
      'select a.merged_id as id from endpoint_alias a join endpoint e on e.partner_id = a.partner_id and e.id = a.endpoint_id where a.partner_id = $1 and a.customer_id <> e.customer_id',
    'identity both merged and there': 'select e.id from endpoint e join endpoint_alias a on a.merged_id = e.id where e.partner_id = $1',
  }
  await database.owner.query('create table if not exists test_removed (id uuid primary key)')
  for (const [name, text] of Object.entries(strays)) {
    const { rows } = await database.owner.query(text, [partnerId])
    wrong.push(...rows.map((row: Record<string, unknown>) => ({ name, ...row })))
  }
  return wrong
}
