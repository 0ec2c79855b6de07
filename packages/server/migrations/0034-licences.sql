-- Licences as products report them (DSH-2, EVT-1; docs/decisions/0042): what each product's is now, and what there was at the end of each day.

-- One a product: of several reports that of the licence which is over first, as licence events see it. Written where a report comes in whose licence says something new, and only then.
create table product_licence (
  partner_id uuid not null,
  product_id uuid not null,
  customer_id uuid not null,
  type_id text not null,
  kind text not null default 'unknown' check (kind in ('full', 'trial', 'unknown')),
  -- null: the product names no end, or no number
  expires_at timestamptz,
  seats bigint,
  seats_used bigint,
  expires_key timestamptz not null generated always as (coalesce(expires_at, 'infinity')) stored,
  seats_key integer not null generated always as (least(coalesce(seats, -1), 999999999)::integer) stored,
  seats_used_key integer not null generated always as (least(coalesce(seats_used, -1), 999999999)::integer) stored,
  primary key (partner_id, product_id),
  foreign key (partner_id, product_id) references product (partner_id, id) on delete cascade
);
create index product_licence_end on product_licence (partner_id, expires_key, product_id);
create index product_licence_customer on product_licence (partner_id, customer_id);
call vigie.protect('product_licence', 'customer_id', 'select, insert, update, delete');

-- The product first: of two reports at a time the second sees what the first said.
create function vigie.keep_licence(business uuid, wanted uuid) returns void language plpgsql as $$ begin
  perform from product where partner_id = business and id = wanted for no key update;
  insert into product_licence as l (partner_id, product_id, customer_id, type_id, kind, expires_at, seats, seats_used)
    select p.partner_id, p.id, p.customer_id, p.type_id, case when e.said->>'kind' in ('full', 'trial') then e.said->>'kind' else 'unknown' end,
      (e.said->>'expiresAt')::timestamptz, (e.said->>'seats')::bigint, (e.said->>'seatsUsed')::bigint
    from product p, lateral (
      select health->'licence' as said from endpoint where partner_id = business and product_id = wanted and health ? 'licence'
      order by (health->'licence'->>'expiresAt')::timestamptz nulls last, id limit 1) e
    where p.partner_id = business and p.id = wanted
    on conflict (partner_id, product_id) do update set kind = excluded.kind, expires_at = excluded.expires_at, seats = excluded.seats, seats_used = excluded.seats_used
      where (l.kind, l.expires_at, l.seats, l.seats_used) is distinct from (excluded.kind, excluded.expires_at, excluded.seats, excluded.seats_used);
  if not found and not exists (select from endpoint where partner_id = business and product_id = wanted and health ? 'licence') then
    delete from product_licence where partner_id = business and product_id = wanted;
  end if;
end $$;

-- Of two products an endpoint moved between, the lower id first.
create function vigie.licence_of_endpoint() returns trigger language plpgsql as $$ begin
  if tg_op <> 'DELETE' then perform vigie.keep_licence(new.partner_id, case when tg_op = 'UPDATE' then least(old.product_id, new.product_id) else new.product_id end); end if;
  if tg_op = 'DELETE' then perform vigie.keep_licence(old.partner_id, old.product_id);
  elsif tg_op = 'UPDATE' and old.product_id <> new.product_id then perform vigie.keep_licence(new.partner_id, greatest(old.product_id, new.product_id)); end if;
  return null;
end $$;
-- The conditions are judged where the row is written, at next to no cost: a report that says the same of its licence, or nothing, calls nothing.
create trigger endpoint_licence_begins after insert on endpoint for each row when (new.health ? 'licence') execute function vigie.licence_of_endpoint();
create trigger endpoint_licence_changes after update on endpoint for each row
  when (old.health->'licence' is distinct from new.health->'licence' or (old.product_id <> new.product_id and new.health ? 'licence')) execute function vigie.licence_of_endpoint();
create trigger endpoint_licence_ends after delete on endpoint for each row when (old.health ? 'licence') execute function vigie.licence_of_endpoint();

insert into product_licence (partner_id, product_id, customer_id, type_id, kind, expires_at, seats, seats_used)
  select distinct on (p.partner_id, p.id) p.partner_id, p.id, p.customer_id, p.type_id, 'unknown', (e.health->'licence'->>'expiresAt')::timestamptz, (e.health->'licence'->>'seats')::bigint, (e.health->'licence'->>'seatsUsed')::bigint
  from endpoint e join product p on p.partner_id = e.partner_id and p.id = e.product_id where e.health ? 'licence'
  order by p.partner_id, p.id, (e.health->'licence'->>'expiresAt')::timestamptz nulls last, e.id;

-- What there was on a day (UTC), as last looked at: `licences` that were not over, and the seats of all. Kept of days on which a bar may end (domain/licences).
create table licence_day (
  partner_id uuid not null,
  day date not null,
  customer_id uuid not null,
  type_id text not null,
  kind text not null,
  licences integer not null,
  seats bigint not null,
  seats_used bigint not null,
  primary key (partner_id, day, customer_id, type_id, kind)
);
call vigie.protect('licence_day', 'customer_id', 'select, insert, update, delete');
-- and of all customers together: for those alone who see all
create table licence_day_all (
  partner_id uuid not null,
  day date not null,
  type_id text not null,
  kind text not null,
  licences integer not null,
  seats bigint not null,
  seats_used bigint not null,
  primary key (partner_id, day, type_id, kind)
);
alter table licence_day_all enable row level security;
create policy tenant on licence_day_all to vigie_app using (partner_id = (select vigie.partner()) and (select vigie.sees_all())) with check (partner_id = (select vigie.partner()) and (select vigie.sees_all()));
grant select, insert, update, delete on licence_day_all to vigie_app;
-- The days that were looked at: one with no licence has no other row.
create table licence_day_kept (
  partner_id uuid not null references partner (id),
  day date not null,
  primary key (partner_id, day)
);
call vigie.protect('licence_day_kept', null, 'select, insert, delete');
