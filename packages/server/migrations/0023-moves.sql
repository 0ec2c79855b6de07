-- A product's agents leave for another installation, or another product of this one (AGT-11, docs/decisions/0033).

create table connection_switch (
  partner_id uuid not null,
  id uuid not null,
  customer_id uuid not null,
  product_id uuid not null,
  state text not null check (state in ('waiting', 'delayed', 'preparing', 'switching', 'done', 'giving-up', 'given-up', 'refused')),
  -- the new side, as its connection code said
  server text not null,
  ca_fingerprint text not null,
  command_key text not null,
  guid uuid not null,
  -- its two keys, sealed (R39); null once nobody needs them
  keys bytea,
  -- of this installation: where the endpoints' history goes
  to_product_id uuid,
  is_internal boolean not null default false,
  -- text key below `switch-cause.`: why it was given up
  cause text,
  reason text not null default '',
  created_by_id uuid not null,
  created_by text not null,
  created_at timestamptz not null,
  starts_at timestamptz,
  approved_by_id uuid,
  approved_by text,
  expires_at timestamptz not null,
  ended_at timestamptz,
  primary key (partner_id, id),
  foreign key (partner_id, product_id) references product (partner_id, id) on delete cascade,
  foreign key (partner_id, customer_id) references customer (partner_id, id) on delete cascade
);
-- one at a time for a product
create unique index connection_switch_live on connection_switch (partner_id, product_id) where state in ('waiting', 'delayed', 'preparing', 'switching', 'giving-up');
create index connection_switch_product on connection_switch (partner_id, product_id, created_at, id);
create index connection_switch_customer on connection_switch (partner_id, customer_id, created_at, id);
create index connection_switch_newest on connection_switch (partner_id, created_at, id);

create table connection_switch_agent (
  partner_id uuid not null,
  switch_id uuid not null,
  agent_id uuid not null,
  customer_id uuid not null,
  product_id uuid not null,
  name text not null,
  name_key text collate "C" not null generated always as (vigie.fold(name)) stored,
  role text not null check (role in ('own', 'endpoint')),
  step text not null default 'planned' check (step in ('planned', 'preparing', 'prepared', 'switching', 'switched', 'returned', 'failed', 'left')),
  reason text,
  -- under which id the new side knows it
  new_agent_id uuid,
  -- the order under way, and what it says; told again not before `again_at`
  command_id uuid,
  told text check (told in ('prepare', 'switch', 'give-up')),
  again_at timestamptz,
  -- its history was taken over by the endpoint of the new product
  is_merged boolean not null default false,
  at timestamptz not null,
  primary key (partner_id, switch_id, agent_id),
  foreign key (partner_id, switch_id) references connection_switch (partner_id, id) on delete cascade,
  foreign key (partner_id, agent_id) references agent (partner_id, id) on delete cascade,
  foreign key (partner_id, product_id) references product (partner_id, id) on delete cascade,
  foreign key (partner_id, customer_id) references customer (partner_id, id) on delete cascade
);
create index connection_switch_agent_agent on connection_switch_agent (partner_id, agent_id);
create index connection_switch_agent_product on connection_switch_agent (partner_id, product_id);
create index connection_switch_agent_customer on connection_switch_agent (partner_id, customer_id);
create index connection_switch_agent_name on connection_switch_agent (partner_id, switch_id, name_key, agent_id);

call vigie.protect('connection_switch', 'customer_id', 'select, insert, update');
call vigie.protect('connection_switch_agent', 'customer_id', 'select, insert, update');

-- Businesses with a switch under way, or one whose endpoints' history is still on its way.
create function vigie.partners_with_live_switches() returns setof uuid
  language sql stable security definer set search_path = public, pg_temp as
  $$ select partner_id from connection_switch where state in ('delayed', 'preparing', 'switching', 'giving-up')
     union select s.partner_id from connection_switch s join connection_switch_agent a on a.partner_id = s.partner_id and a.switch_id = s.id where s.state = 'done' and s.is_internal and not a.is_merged
     limit 1000 $$;
revoke all on function vigie.partners_with_live_switches() from public;
grant execute on function vigie.partners_with_live_switches() to vigie_app;
