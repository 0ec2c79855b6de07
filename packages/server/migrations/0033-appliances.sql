-- Detections of gateways by appliance (DSH-2; docs/decisions/0041): counted where they are stored, of products of that family alone.

-- What the running totals below do not hold yet: the newest hours, and what came late. A row is moved into them whole, so it is in the one or in the other. totals: of its hour's first five minutes, the first ten, up
-- to all sixty (count), so that what came between any two is a difference; below 0 where records left (their product's history moved, or was deleted with it).
create table tally_appliance (
  partner_id uuid not null,
  hour timestamptz not null,
  category text not null,
  customer_id uuid not null,
  product_id uuid not null,
  totals integer[] not null,
  count integer not null generated always as (totals[12]) stored,
  primary key (partner_id, hour, category, customer_id, product_id),
  check (cardinality(totals) = 12)
);
call vigie.protect('tally_appliance', 'customer_id', 'select, insert, update, delete');

-- As tally_day (0018). category '': of all of them together, so that who has the most is read from one row each.
create table tally_appliance_day (
  partner_id uuid not null,
  day date not null,
  category text not null,
  customer_id uuid not null,
  product_id uuid not null,
  totals bigint[] not null,
  primary key (partner_id, day, category, customer_id, product_id)
) with (fillfactor = 70);
call vigie.protect('tally_appliance_day', 'customer_id', 'select, insert, update, delete');

-- Which five minutes of its hour an instant is in, from 0.
create function vigie.slot(at timestamptz) returns integer language sql immutable parallel safe as
  $$ select extract(minute from at at time zone 'UTC')::integer / 5 $$;
-- The totals of some records of one hour; `sign` -1: of records that left.
create function vigie.five_minutes(slots integer[], sign integer) returns integer[] language sql immutable parallel safe as
  $$ select array_agg((select sign * count(*)::integer from unnest(slots) s where s <= n) order by n) from generate_series(0, 11) n $$;
create function vigie.add_five_minutes(a integer[], b integer[]) returns integer[] language sql immutable parallel safe as
  $$ select array_agg(x + y order by n) from unnest(a, b) with ordinality one (x, y, n) $$;

-- What such products told so far.
insert into tally_appliance (partner_id, hour, category, customer_id, product_id, totals)
select d.partner_id, date_trunc('hour', d.counted_at), d.category, d.customer_id, d.product_id, vigie.five_minutes(array_agg(vigie.slot(d.counted_at)), 1)
from product p join detection d on d.partner_id = p.partner_id and d.product_id = p.id where p.family = 'gateway' and d.counted_at > now() - interval '34 days' group by 1, 2, 3, 4, 5;
