-- AGT-8. What a site server had taken from its endpoints and not yet passed on, as it said last; held_since: when it took the oldest of it, by our clock. All of it lies in its memory: the endpoints keep it until we have it.
alter table site_server add column held_records integer not null default 0, add column held_bytes bigint not null default 0, add column held_since timestamptz, add column held_at timestamptz;

-- Where an endpoint was (INV-1): each of its addresses once, from the first report that named it to the last. Written when the list changes and with no report besides.
create table endpoint_address (
  partner_id uuid not null,
  endpoint_id uuid not null,
  address text not null,
  customer_id uuid not null,
  product_id uuid not null,
  first_seen_at timestamptz not null,
  -- null: it has it now, hence as of its last report
  last_seen_at timestamptz,
  primary key (partner_id, endpoint_id, address),
  foreign key (partner_id, endpoint_id) references endpoint (partner_id, id) on delete cascade
);
create index endpoint_address_product on endpoint_address (partner_id, product_id);
create index endpoint_address_customer on endpoint_address (partner_id, customer_id);
create index endpoint_address_age on endpoint_address (last_seen_at) where last_seen_at is not null;
call vigie.protect('endpoint_address', 'customer_id', 'select, insert, update, delete');

create function vigie.addresses_of_new_endpoints() returns trigger language plpgsql as $$ begin
  insert into endpoint_address (partner_id, endpoint_id, address, customer_id, product_id, first_seen_at)
    select distinct partner_id, id, address, customer_id, product_id, coalesce(received_at, created_at) from added, unnest(addresses) address order by 1, 2, 3;
  return null;
end $$;
create function vigie.addresses_of_endpoint() returns trigger language plpgsql as $$ begin
  -- what it has no more was there with the report before
  update endpoint_address set last_seen_at = coalesce(old.received_at, new.received_at, now())
    where partner_id = new.partner_id and endpoint_id = new.id and last_seen_at is null and address <> all (new.addresses);
  insert into endpoint_address as a (partner_id, endpoint_id, address, customer_id, product_id, first_seen_at)
    select distinct new.partner_id, new.id, address, new.customer_id, new.product_id, coalesce(new.received_at, now()) from unnest(new.addresses) address
    on conflict (partner_id, endpoint_id, address) do update set last_seen_at = null where a.last_seen_at is not null;
  -- a machine that is everywhere has the fifty where it was last
  delete from endpoint_address where partner_id = new.partner_id and endpoint_id = new.id and address in (
    select address from endpoint_address where partner_id = new.partner_id and endpoint_id = new.id and last_seen_at is not null order by last_seen_at desc, address offset 50);
  return null;
end $$;
create trigger endpoint_addresses_begin after insert on endpoint referencing new table as added for each statement execute function vigie.addresses_of_new_endpoints();
create trigger endpoint_addresses_change after update on endpoint for each row when (old.addresses is distinct from new.addresses) execute function vigie.addresses_of_endpoint();
insert into endpoint_address (partner_id, endpoint_id, address, customer_id, product_id, first_seen_at)
  select distinct partner_id, id, address, customer_id, product_id, coalesce(received_at, created_at) from endpoint, unnest(addresses) address;
-- where both had been when they were made one, so that they can be two again; null: merged before this was kept
alter table endpoint_merge add column places jsonb;

-- Which threats were found where, dealt with or not (search, decision 31): a row for each product and name, written once a day at most.
create table threat_seen (
  partner_id uuid not null,
  id uuid not null default gen_random_uuid(),
  customer_id uuid not null,
  product_id uuid not null,
  threat text not null,
  threat_key text collate "C" not null generated always as (vigie.fold(threat)) stored,
  -- days (UTC) by when the records count
  first_on date not null,
  last_on date not null,
  primary key (partner_id, id),
  foreign key (partner_id, product_id) references product (partner_id, id) on delete cascade
);
create unique index threat_seen_where on threat_seen (partner_id, product_id, threat);
create index threat_seen_name on threat_seen (partner_id, threat_key, last_on, id);
create index threat_seen_newest on threat_seen (partner_id, last_on, id);
create index threat_seen_customer on threat_seen (partner_id, customer_id);
create index threat_seen_age on threat_seen (last_on);
call vigie.protect('threat_seen', 'customer_id', 'select, insert, update, delete');
-- The names alone, a few thousand where a business has millions of records: for those alone who see all (whoever is limited must not learn what others had).
create table threat_name (
  partner_id uuid not null,
  threat_key text collate "C" not null,
  primary key (partner_id, threat_key)
);
alter table threat_name enable row level security;
create policy tenant on threat_name to vigie_app using (partner_id = (select vigie.partner()) and (select vigie.sees_all())) with check (partner_id = (select vigie.partner()) and (select vigie.sees_all()));
grant select, insert, delete on threat_name to vigie_app;

create function vigie.name_threats() returns trigger language plpgsql as $$ begin
  -- whoever takes unused names away (retention) holds this alone: none goes that we have just found to be there
  perform pg_advisory_xact_lock_shared(hashtext('vigie.threat_name'), hashtext((select partner_id from added limit 1)::text));
  insert into threat_name (partner_id, threat_key) select distinct partner_id, threat_key from added order by 1, 2 on conflict do nothing;
  return null;
end $$;
create trigger threat_named after insert on threat_seen referencing new table as added for each statement execute function vigie.name_threats();
insert into threat_seen (partner_id, customer_id, product_id, threat, first_on, last_on)
  select d.partner_id, p.customer_id, d.product_id, d.threat, min((d.counted_at at time zone 'UTC')::date), max((d.counted_at at time zone 'UTC')::date)
  from detection d join product p on p.partner_id = d.partner_id and p.id = d.product_id group by 1, 2, 3, 4;
