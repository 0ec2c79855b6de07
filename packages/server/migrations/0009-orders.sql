-- Orders over many agents (AGT-3), their rings and caps (R16). `command_order`: "order" is a word of SQL.

-- How a business wants orders to be given; a row from the first change on, or from the first dangerous command.
create table command_policy (
  partner_id uuid not null references partner (id),
  -- shares of an order's agents that have it after each ring, percent, rising, the last 100
  ring_percents integer[] not null default '{1,5,25,100}',
  ring_minutes integer not null default 60,
  failure_percent integer not null default 10,
  cap_customers integer not null default 10,
  cap_percent integer not null default 5,
  -- null: commands flow. Since when and by whom nothing is handed over any more
  frozen_at timestamptz,
  frozen_by text,
  version integer not null default 1,
  primary key (partner_id)
);
call vigie.protect('command_policy', null, 'select, insert, update');

create table command_order (
  partner_id uuid not null,
  id uuid not null,
  -- a command's type, 'disable-agents' or 'enable-agents'
  type text not null,
  -- what the person chose; the agents it meant then stand in order_agent
  target jsonb not null,
  is_in_rings boolean not null,
  -- OrderState in domain/orders
  state text not null,
  -- why it halted or pauses: text key below `order-cause.`; null: a person did it, or it does not
  cause text,
  ring_percents integer[] not null,
  ring_minutes integer not null,
  failure_percent integer not null,
  -- the ring now out, 1 and up; 0: none yet
  ring integer not null default 0,
  ring_at timestamptz,
  agent_count integer not null,
  customer_count integer not null,
  -- how many of them are to get it, and not, by the last look
  planned integer not null,
  skipped integer not null,
  offline_count integer not null,
  -- R16: it passed the caps with a second person, or waits for its delay
  is_beyond_caps boolean not null default false,
  starts_at timestamptz,
  approved_by_id uuid,
  approved_by text,
  -- the order whose failed ones this one tries again
  again_of uuid,
  created_by_id uuid not null,
  created_by text not null,
  created_at timestamptz not null,
  given_at timestamptz,
  ended_at timestamptz,
  version integer not null default 1,
  primary key (partner_id, id)
);
create index command_order_newest on command_order (partner_id, created_at, id);
create index command_order_live on command_order (partner_id, state) where state in ('waiting', 'delayed', 'running', 'paused', 'halting');
create index command_order_by_id on command_order (id) where state in ('delayed', 'running', 'halting');
-- A limited account sees the orders it gave; whoever sees the whole business sees all.
alter table command_order enable row level security;
create policy tenant on command_order to vigie_app
  using (partner_id = (select vigie.partner()) and ((select vigie.sees_all()) or created_by_id = (select vigie.principal())))
  with check (partner_id = (select vigie.partner()) and ((select vigie.sees_all()) or created_by_id = (select vigie.principal())));
grant select, insert, update, delete on command_order to vigie_app;

-- One row for each agent an order means: with its command's id it has been told, and never is again.
create table order_agent (
  partner_id uuid not null,
  order_id uuid not null,
  agent_id uuid not null,
  customer_id uuid not null,
  product_id uuid not null,
  name text not null,
  company text not null,
  -- 0: skipped
  ring integer not null,
  -- 'planned', 'skipped' or a command's step
  step text not null,
  -- why skipped, or how it failed: text key below `command-reason.`
  reason text,
  command_id uuid,
  at timestamptz not null,
  name_key text collate "C" not null generated always as (vigie.fold(name)) stored,
  company_key text collate "C" not null generated always as (vigie.fold(company)) stored,
  primary key (partner_id, order_id, agent_id),
  -- no reference to agent: what was told to one that is gone stays told, and the counts stay right
  foreign key (partner_id, order_id) references command_order (partner_id, id) on delete cascade
);
create index order_agent_ring on order_agent (partner_id, order_id, ring, agent_id) where step = 'planned';
create index order_agent_name on order_agent (partner_id, order_id, name_key, agent_id);
create index order_agent_company on order_agent (partner_id, order_id, company_key, agent_id);
create index order_agent_step on order_agent (partner_id, order_id, step, name_key, agent_id);
create unique index order_agent_command on order_agent (partner_id, command_id) where command_id is not null;
call vigie.protect('order_agent', 'customer_id', 'select, insert, update, delete');

-- How many agents of a ring are at each step. Counted up and down by what `order_move` says, never from the rows.
create table order_count (
  partner_id uuid not null,
  order_id uuid not null,
  ring integer not null,
  step text not null,
  count integer not null,
  primary key (partner_id, order_id, ring, step),
  foreign key (partner_id, order_id) references command_order (partner_id, id) on delete cascade
);
call vigie.protect('order_count', null, 'select, insert, update, delete');

-- What moved and is not yet in order_count: written beside the step, without touching a row that thousands of agents would wait for.
create table order_move (
  partner_id uuid not null,
  order_id uuid not null,
  id bigint generated by default as identity,
  ring integer not null,
  step text not null,
  count integer not null,
  primary key (partner_id, order_id, id)
);
call vigie.protect('order_move', null, 'select, insert, delete');

-- R16: who was told something dangerous lately, and not under a second pair of eyes. Counted over all orders, single commands and switches.
create table danger_spent (
  partner_id uuid not null references partner (id),
  id uuid not null,
  agent_id uuid not null,
  customer_id uuid not null,
  deed text not null,
  account_id uuid,
  at timestamptz not null,
  primary key (partner_id, id)
);
create index danger_spent_at on danger_spent (partner_id, at, agent_id);
-- counted over the whole business (db.widely), shown to nobody
call vigie.protect('danger_spent', 'customer_id', 'select, insert, delete');

alter table command add column order_id uuid;
create index command_order_part on command (partner_id, order_id) where order_id is not null;
create index command_unsent on command (partner_id, agent_id, number) where step in ('waiting', 'delivered', 'running');

-- Businesses that have something to release, count or end.
create function vigie.partners_with_live_orders() returns setof uuid
  language sql stable security definer set search_path = public, pg_temp as
  $$ select distinct partner_id from command_order where state in ('delayed', 'running', 'halting') limit 1000 $$;
revoke all on function vigie.partners_with_live_orders() from public;
grant execute on function vigie.partners_with_live_orders() to vigie_app;
