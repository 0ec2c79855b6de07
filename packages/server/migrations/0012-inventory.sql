-- INV-1. What a machine's platform says of its kind; null where it does not say: most Linux systems are either.
create function vigie.platform_kind(platform text) returns text language sql immutable parallel safe as
  $$ select case when platform ~* '\mserver\M' then 'server' when platform ~* '\mwindows (xp|vista|7|8|8\.1|10|11)\M|\mmac ?os\M' then 'desktop' end $$;
-- Name, addresses, platform in three lines; a blank before each address, so that one can be asked for by its beginning.
create function vigie.endpoint_words(name text, addresses text[], platform text) returns text language sql immutable parallel safe as
  $$ select vigie.fold(name || E'\n ' || array_to_string(addresses, ' ') || E'\n' || ltrim(platform)) $$;

alter table endpoint
  add column search_key text collate "C" not null generated always as (vigie.endpoint_words(name, addresses, platform)) stored,
  add column platform_kind text generated always as (vigie.platform_kind(platform)) stored,
  -- nobody knows that it is protected: never reported, no engine, or its real-time scan does not work
  add column is_unprotected boolean not null generated always as (received_at is null or engine is null or real_time_scan in ('off', 'on-not-protecting')) stored;
create index endpoint_unprotected on endpoint (partner_id, name_key, id) where is_unprotected;
-- which versions there are, which patterns are old: read value by value, never row by row (endpoints' newest.ts)
create index endpoint_engine_version on endpoint (partner_id, engine, engine_version);
create index endpoint_engine_pattern on endpoint (partner_id, engine, pattern_built_key);
create index endpoint_kind on endpoint (partner_id, platform_kind, name_key, id);
create index endpoint_scan_state on endpoint (partner_id, real_time_scan, name_key, id);
alter table agent add column hostname_key text collate "C" not null generated always as (vigie.fold(hostname)) stored;
create index agent_hostname on agent (partner_id, hostname_key);
create index product_family on product (partner_id, family);
create index agent_state on agent (partner_id, state);
create index agent_version on agent (partner_id, agent_version);

-- Search (docs/decisions/0022). A table of its own: in endpoint each report would write all its entries anew; here they change with the words alone.
create table endpoint_search (
  partner_id uuid not null,
  endpoint_id uuid not null,
  customer_id uuid not null,
  words text collate "C" not null,
  primary key (partner_id, endpoint_id),
  foreign key (partner_id, endpoint_id) references endpoint (partner_id, id) on delete cascade
);
create index endpoint_search_customer on endpoint_search (partner_id, customer_id);
-- Three neighbouring characters each as a number, marked by its business: the index then finds one business's alone. A loop: half the cost of array_agg.
create function vigie.grams(partner uuid, words text) returns integer[] language plpgsql immutable parallel safe cost 5000 as $$
declare found integer[] := '{}'; mark integer := hashtext(partner::text);
begin
  for at in 1 .. length(words) - 2 loop found := found || (hashtext(substr(words, at, 3)) # mark); end loop;
  return found;
end $$;
create index endpoint_search_grams on endpoint_search using gin (vigie.grams(partner_id, words));
call vigie.protect('endpoint_search', 'customer_id', 'select, insert, update, delete');

create function vigie.index_new_endpoints() returns trigger language plpgsql as $$ begin
  insert into endpoint_search (partner_id, endpoint_id, customer_id, words) select partner_id, id, customer_id, search_key from added;
  return null;
end $$;
create function vigie.index_endpoint() returns trigger language plpgsql as $$ begin
  update endpoint_search set words = new.search_key, customer_id = new.customer_id where partner_id = new.partner_id and endpoint_id = new.id;
  return null;
end $$;
create trigger endpoint_added after insert on endpoint referencing new table as added for each statement execute function vigie.index_new_endpoints();
create trigger endpoint_renamed after update on endpoint for each row
  when (old.search_key is distinct from new.search_key or old.customer_id <> new.customer_id) execute function vigie.index_endpoint();
insert into endpoint_search (partner_id, endpoint_id, customer_id, words) select partner_id, id, customer_id, search_key from endpoint;

-- Ids alone, of one business; null: there are more than `most`, or probably (one in 50 of the first 20,000). Array comparisons and LIKE, which row-level security keeps from an
-- index, look past it here; its caller reads the rows behind the wall. What many have in common is not asked of the index: it would first gather all of them (60 ms of 250,000).
create function vigie.search_endpoints(sought text, patterns text[], most integer) returns uuid[] language plpgsql stable security definer set search_path = public, pg_temp set enable_seqscan = off as $$
declare
  business uuid := vigie.partner();
  wanted integer[] := vigie.grams(business, sought);
  found uuid[];
begin
  if (select count(*) from (select words from endpoint_search where partner_id = business limit 20000) first where words like any (patterns)) > 400 then return null; end if;
  if cardinality(wanted) > 0 then
    found := array(select endpoint_id from (select partner_id, endpoint_id from endpoint_search where vigie.grams(partner_id, words) @> wanted and words like any (patterns) offset 0) marked where partner_id = business limit most + 1);
  else
    found := array(select endpoint_id from endpoint_search where partner_id = business and words like any (patterns) limit most + 1);
  end if;
  return case when cardinality(found) <= most then found end;
end $$;
revoke all on function vigie.search_endpoints(text, text[], integer) from public;
grant execute on function vigie.search_endpoints(text, text[], integer) to vigie_app;

-- PRD-3. A group's name is its key for ever; what people call their own groups is the label (null: a default, named by its key's text).
alter table endpoint_group add column label text, add column version integer not null default 1, add column created_at timestamptz not null default now();
create unique index endpoint_group_label on endpoint_group (partner_id, product_id, vigie.fold(label));
-- where new endpoints go; null: to the default group of their platform
alter table product add column new_endpoint_group text;

-- INV-2. Enrolments that a product refused: the newest few of each, for "my endpoint does not show".
create table enrolment_refusal (
  partner_id uuid not null,
  id uuid not null,
  customer_id uuid not null,
  product_id uuid not null,
  at timestamptz not null,
  -- problem code
  reason text not null,
  hostname text not null,
  platform text not null,
  addresses text[] not null,
  from_address text not null,
  agent_version text not null,
  primary key (partner_id, id),
  foreign key (partner_id, product_id) references product (partner_id, id) on delete cascade
);
create index enrolment_refusal_product on enrolment_refusal (partner_id, product_id, at desc);
create index enrolment_refusal_newest on enrolment_refusal (partner_id, at desc);
create index enrolment_refusal_customer on enrolment_refusal (partner_id, customer_id);
call vigie.protect('enrolment_refusal', 'customer_id', 'select, insert, update, delete');
