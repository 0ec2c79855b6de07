create table product (
  partner_id uuid not null references partner (id),
  id uuid not null,
  customer_id uuid not null,
  guid uuid not null,
  type_id text not null,
  family text not null,
  description text not null,
  -- AGT-2; 'pending' before the first agent
  state text not null default 'pending',
  fresh_for_seconds integer not null,
  -- the one-use key (R9): its hash, until when, when used and by which public key (a repeat by the same agent is answered again)
  key_hash bytea,
  key_expires_at timestamptz,
  key_used_at timestamptz,
  action_required_count integer not null default 0,
  warning_count integer not null default 0,
  endpoint_count integer not null default 0,
  last_seen_at timestamptz,
  version integer not null default 1,
  created_at timestamptz not null default now(),
  description_key text collate "C" not null generated always as (vigie.fold(description)) stored,
  last_seen_key timestamptz not null generated always as (coalesce(last_seen_at, '-infinity')) stored,
  primary key (partner_id, id),
  foreign key (partner_id, customer_id) references customer (partner_id, id)
);
-- A GUID is made by us, never chosen by a tenant: a clash tells nothing (R3).
create unique index product_guid on product (guid);
create index product_customer on product (partner_id, customer_id, id);
create index product_description on product (partner_id, description_key, id);
create index product_last_seen on product (partner_id, last_seen_key, id);
create index product_type on product (partner_id, type_id, customer_id);
create index product_state on product (partner_id, state);
create index product_created on product (partner_id, created_at, id);

create table agent (
  partner_id uuid not null,
  id uuid not null,
  customer_id uuid not null,
  product_id uuid not null,
  public_key bytea not null,
  -- 'enabled' | 'disabled' (from the console) | 'unregistered' (identity taken away)
  switch text not null default 'enabled',
  -- AGT-2 as last known, and its cause
  state text not null default 'unknown',
  cause text,
  hostname text not null,
  platform text not null,
  fingerprint text not null,
  -- the fingerprint before the present one: tells which of two copies was here first (R10)
  previous_fingerprint text,
  -- before the names of its endpoints: a clone that differs from its original by nothing gets endpoints of its own; else empty
  endpoint_prefix text not null default '',
  -- when its identity was last found to be shared: only then may a copy ask for one of its own
  clone_seen_at timestamptz,
  addresses text[] not null default '{}',
  agent_version text not null,
  protocol integer not null,
  -- R10: number of the last hello; a fork of it is a clone
  counter bigint not null default 0,
  -- exactly once: everything of this epoch up to last_seq is stored; moves in the transaction that stores it
  epoch uuid,
  last_seq bigint not null default 0,
  -- number of the last command given to it (R14)
  command_number bigint not null default 0,
  clock_offset_ms integer not null default 0,
  commands jsonb not null default '[]',
  cloned_from_id uuid,
  -- the connection that speaks for it; stays after a connection broke, until the agent comes back or is found missing; null: none, and none is missed
  connection_id uuid,
  -- the process that holds that connection (number of its advisory lock); null: the connection broke
  held_by integer,
  last_seen_at timestamptz,
  registered_at timestamptz not null,
  primary key (partner_id, id),
  foreign key (partner_id, product_id) references product (partner_id, id) on delete cascade,
  foreign key (partner_id, customer_id) references customer (partner_id, id)
);
create unique index agent_public_key on agent (partner_id, public_key);
create index agent_by_id on agent (id);
create index agent_product on agent (partner_id, product_id, registered_at desc);
create index agent_customer on agent (partner_id, customer_id);
-- who fell silent: asked by index, never by scanning
create index agent_connected_seen on agent (last_seen_at) where connection_id is not null;

create table endpoint (
  partner_id uuid not null,
  id uuid not null,
  customer_id uuid not null,
  product_id uuid not null,
  agent_id uuid,
  -- the product's own name of the machine
  key text not null,
  name text not null,
  "group" text not null,
  addresses text[] not null default '{}',
  platform text not null default '',
  engine text,
  engine_version text,
  pattern_version text,
  pattern_built_at timestamptz,
  update_checked_at timestamptz,
  real_time_scan text not null default 'unknown',
  scan_running boolean not null default false,
  scan_started_at timestamptz,
  scan_finished_at timestamptz,
  engine_problem text,
  open_infections integer not null default 0,
  collected_at timestamptz,
  received_at timestamptz,
  created_at timestamptz not null default now(),
  name_key text collate "C" not null generated always as (vigie.fold(name)) stored,
  -- never heard of, no patterns known: sort before all others
  received_key timestamptz not null generated always as (coalesce(received_at, '-infinity')) stored,
  pattern_built_key timestamptz not null generated always as (coalesce(pattern_built_at, '-infinity')) stored,
  primary key (partner_id, id),
  foreign key (partner_id, product_id) references product (partner_id, id) on delete cascade,
  foreign key (partner_id, customer_id) references customer (partner_id, id)
);
create unique index endpoint_key on endpoint (partner_id, product_id, key);
create index endpoint_name on endpoint (partner_id, name_key, id);
create index endpoint_by_group on endpoint (partner_id, product_id, "group", name_key, id);
create index endpoint_by_product on endpoint (partner_id, product_id, name_key, id);
create index endpoint_customer on endpoint (partner_id, customer_id, name_key, id);
create index endpoint_agent on endpoint (partner_id, agent_id);
create index endpoint_received on endpoint (partner_id, received_key, id);
create index endpoint_infected on endpoint (partner_id, open_infections, id);
create index endpoint_pattern on endpoint (partner_id, pattern_built_key, id);

create table endpoint_group (
  partner_id uuid not null,
  product_id uuid not null,
  name text not null,
  position integer not null,
  customer_id uuid not null,
  endpoint_count integer not null default 0,
  primary key (partner_id, product_id, name),
  foreign key (partner_id, product_id) references product (partner_id, id) on delete cascade
);
-- Raw records of a deleted product, which may be millions: taken away piece by piece by a job (CUS-5). Nothing shows them meanwhile.
create table purge (
  partner_id uuid not null references partner (id),
  product_id uuid not null,
  customer_id uuid not null,
  asked_at timestamptz not null,
  primary key (partner_id, product_id)
);
call vigie.protect('purge', null, 'select, insert, update, delete'); -- update: to be locked
call vigie.protect('product', 'customer_id', 'select, insert, update, delete');
call vigie.protect('agent', 'customer_id', 'select, insert, update, delete');
call vigie.protect('endpoint', 'customer_id', 'select, insert, update, delete');
call vigie.protect('endpoint_group', 'customer_id', 'select, insert, update, delete');

create function vigie.find_product(wanted uuid) returns table (partner_id uuid, product_id uuid)
  language sql stable security definer set search_path = public, pg_temp as $$ select partner_id, id from product where guid = wanted $$;
create function vigie.find_agent(wanted uuid) returns table (partner_id uuid, customer_id uuid, product_id uuid)
  language sql stable security definer set search_path = public, pg_temp as $$ select partner_id, customer_id, product_id from agent where id = wanted $$;
create function vigie.partners_with_silent_agents(since timestamptz) returns setof uuid
  language sql stable security definer set search_path = public, pg_temp as
  $$ select distinct partner_id from agent where connection_id is not null and last_seen_at < since limit 1000 $$;
revoke all on function vigie.find_product(uuid), vigie.find_agent(uuid), vigie.partners_with_silent_agents(timestamptz) from public;
grant execute on function vigie.find_product(uuid), vigie.find_agent(uuid), vigie.partners_with_silent_agents(timestamptz) to vigie_app;
