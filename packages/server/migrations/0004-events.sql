-- Raw records. The primary key is also what knows a record sent again after a reinstall (content id, AGT-6) and what lists a product's newest.
create table detection (
  partner_id uuid not null,
  customer_id uuid not null,
  product_id uuid not null,
  at timestamptz not null,
  content_id bytea not null,
  endpoint_id uuid not null,
  category text not null,
  threat text not null,
  object text not null,
  outcome text not null,
  engine text not null,
  received_at timestamptz not null,
  -- when it counts: `at` put right by the measured offset of the agent's clock, never later than received_at (R23)
  counted_at timestamptz not null,
  primary key (partner_id, product_id, at, content_id)
) partition by range (at);
create index detection_customer on detection (partner_id, customer_id, at desc);
-- the newest of all customers: without it a page costs what is stored
create index detection_newest on detection (partner_id, at desc);
-- months are made ahead by a job; the default takes clocks that are far off, so that nothing is ever refused (R23)
create table detection_default partition of detection default;

-- Per minute, for assessment only; dropped after 2 h. minute: start of the minute.
create table tally_minute (
  partner_id uuid not null,
  product_id uuid not null,
  category text not null,
  minute timestamptz not null,
  customer_id uuid not null,
  count integer not null,
  primary key (partner_id, product_id, category, minute)
);
create index tally_minute_age on tally_minute (minute);
-- What dashboards read: by product type and category and hour; by customer and category and day.
create table tally_hour (
  partner_id uuid not null,
  customer_id uuid not null,
  type_id text not null,
  category text not null,
  hour timestamptz not null,
  count bigint not null,
  primary key (partner_id, hour, category, type_id, customer_id)
);

-- Malware that is still there (mission §0). Closed when the file was dealt with or is gone.
create table infection (
  partner_id uuid not null,
  id uuid not null,
  customer_id uuid not null,
  product_id uuid not null,
  endpoint_id uuid not null,
  category text not null,
  threat text not null,
  object text not null,
  object_hash bytea not null,
  opened_at timestamptz not null,
  closed_at timestamptz,
  closed_how text,
  primary key (partner_id, id),
  foreign key (partner_id, endpoint_id) references endpoint (partner_id, id) on delete cascade
);
create unique index infection_open on infection (partner_id, endpoint_id, category, object_hash) where closed_at is null;
create index infection_endpoint on infection (partner_id, endpoint_id);
create index infection_open_product on infection (partner_id, product_id, category) where closed_at is null;

create table event (
  partner_id uuid not null,
  id uuid not null,
  customer_id uuid not null,
  product_id uuid not null,
  category text not null,
  condition text not null,
  severity text not null,
  -- 2 action required, 1 warning: descending is worst first
  severity_rank integer not null,
  state text not null check (state in ('unresolved', 'pending', 'resolved')),
  count integer not null default 1,
  figures jsonb not null default '{}',
  opened_at timestamptz not null,
  last_raised_at timestamptz not null,
  resolved_at timestamptz,
  reset_at timestamptz,
  -- of the last step that only noted moving figures: one in a while is enough
  noted_at timestamptz,
  version integer not null default 1,
  primary key (partner_id, id),
  foreign key (partner_id, product_id) references product (partner_id, id) on delete cascade,
  foreign key (partner_id, customer_id) references customer (partner_id, id)
);
-- EVT-9: one open event per condition
create unique index event_open on event (partner_id, product_id, category, condition) where state <> 'resolved';
-- one that comes up again soon after it was resolved goes on (EVT-9)
create index event_resolved on event (partner_id, product_id, resolved_at) where state = 'resolved';
create index event_open_newest on event (partner_id, last_raised_at, id) where state <> 'resolved';
create index event_open_severity on event (partner_id, severity_rank, last_raised_at, id) where state <> 'resolved';
create index event_newest on event (partner_id, last_raised_at, id);
create index event_opened on event (partner_id, opened_at, id);
create index event_customer on event (partner_id, customer_id, last_raised_at, id);
create index event_product on event (partner_id, product_id, last_raised_at desc, id);

create table event_step (
  partner_id uuid not null,
  event_id uuid not null,
  position integer not null,
  customer_id uuid not null,
  at timestamptz not null,
  what text not null,
  by_id uuid,
  by_name text,
  figures jsonb not null default '{}',
  primary key (partner_id, event_id, position),
  foreign key (partner_id, event_id) references event (partner_id, id) on delete cascade
);

-- From when a product's figures of a category count: someone reset the event (EVT-4).
create table count_from (
  partner_id uuid not null,
  product_id uuid not null,
  category text not null,
  customer_id uuid not null,
  since timestamptz not null,
  primary key (partner_id, product_id, category),
  foreign key (partner_id, product_id) references product (partner_id, id) on delete cascade
);

-- Which products must be assessed, and when: written with the data that asks for it, taken by any process (R22). due_at in the future: because time
-- itself changes the answer (the hour moves on, components grow old).
create table assessment_due (
  partner_id uuid not null,
  product_id uuid not null,
  customer_id uuid not null,
  due_at timestamptz not null,
  primary key (partner_id, product_id),
  foreign key (partner_id, product_id) references product (partner_id, id) on delete cascade
);
create index assessment_due_at on assessment_due (due_at);

-- Tuned indexes (EVT-3). customer_id null: the business's own.
create table index_value (
  partner_id uuid not null references partner (id),
  id uuid not null,
  customer_id uuid,
  category text not null,
  name text not null,
  value double precision not null,
  primary key (partner_id, id),
  foreign key (partner_id, customer_id) references customer (partner_id, id) on delete cascade
);
create unique index index_value_of on index_value (partner_id, coalesce(customer_id, '00000000-0000-0000-0000-000000000000'::uuid), category, name);
create index index_value_customer on index_value (partner_id, customer_id);

create table command (
  partner_id uuid not null,
  id uuid not null,
  customer_id uuid not null,
  product_id uuid not null,
  agent_id uuid not null,
  event_id uuid,
  number bigint not null,
  type text not null,
  -- signed order as it goes out (R14)
  frame jsonb not null,
  step text not null,
  evidence jsonb not null default '{}',
  sent_by_id uuid,
  sent_by text not null,
  sent_at timestamptz not null,
  not_before timestamptz not null,
  expires_at timestamptz not null,
  primary key (partner_id, id),
  foreign key (partner_id, agent_id) references agent (partner_id, id) on delete cascade,
  foreign key (partner_id, product_id) references product (partner_id, id) on delete cascade
);
create unique index command_number on command (partner_id, agent_id, number);
create index command_newest on command (partner_id, sent_at desc, id);
create index command_product on command (partner_id, product_id, sent_at desc, id);
create index command_event on command (partner_id, event_id, sent_at desc);
create index command_open on command (expires_at) where step in ('waiting', 'delivered', 'running');

create table command_step (
  partner_id uuid not null,
  command_id uuid not null,
  position integer not null,
  customer_id uuid not null,
  step text not null,
  at timestamptz not null,
  evidence jsonb not null default '{}',
  primary key (partner_id, command_id, position),
  foreign key (partner_id, command_id) references command (partner_id, id) on delete cascade
);

-- What could not be taken in, with its reason (R19); shown with the agent.
create table dead_letter (
  partner_id uuid not null,
  id uuid not null,
  customer_id uuid not null,
  product_id uuid not null,
  agent_id uuid not null,
  epoch uuid not null,
  seq bigint not null,
  reason text not null,
  -- first 4 kB as text
  item text not null,
  received_at timestamptz not null,
  primary key (partner_id, id),
  foreign key (partner_id, product_id) references product (partner_id, id) on delete cascade
);
create index dead_letter_product on dead_letter (partner_id, product_id, received_at desc);

call vigie.protect('detection', 'customer_id', 'select, insert, delete');
call vigie.protect('tally_minute', 'customer_id', 'select, insert, update, delete');
call vigie.protect('tally_hour', 'customer_id', 'select, insert, update, delete');
call vigie.protect('infection', 'customer_id', 'select, insert, update, delete');
call vigie.protect('event', 'customer_id', 'select, insert, update, delete');
call vigie.protect('event_step', 'customer_id', 'select, insert');
call vigie.protect('count_from', 'customer_id', 'select, insert, update, delete');
call vigie.protect('assessment_due', 'customer_id', 'select, insert, update, delete');
call vigie.protect('command', 'customer_id', 'select, insert, update, delete');
call vigie.protect('command_step', 'customer_id', 'select, insert');
call vigie.protect('dead_letter', 'customer_id', 'select, insert, delete');
-- the business's own index values have no customer: a limited account inherits them, and changes none
alter table index_value enable row level security;
create policy tenant on index_value to vigie_app
  using (partner_id = (select vigie.partner()) and ((select vigie.sees_all()) or customer_id in (select vigie.visible_customers())))
  with check (partner_id = (select vigie.partner()) and ((select vigie.sees_all()) or customer_id in (select vigie.visible_customers())));
create policy inherited on index_value for select to vigie_app using (partner_id = (select vigie.partner()) and customer_id is null);
grant select, insert, update, delete on index_value to vigie_app;

-- What is due, over all businesses: keys only.
create function vigie.partners_with_due_assessments(until timestamptz) returns setof uuid
  language sql stable security definer set search_path = public, pg_temp as
  $$ select distinct partner_id from (select partner_id from assessment_due where due_at <= until order by due_at limit 5000) due $$;
create function vigie.partners_with_ended_commands(until timestamptz) returns setof uuid
  language sql stable security definer set search_path = public, pg_temp as
  $$ select distinct partner_id from command where step in ('waiting', 'delivered', 'running') and expires_at <= until limit 1000 $$;
revoke all on function vigie.partners_with_due_assessments(timestamptz), vigie.partners_with_ended_commands(timestamptz) from public;
grant execute on function vigie.partners_with_due_assessments(timestamptz), vigie.partners_with_ended_commands(timestamptz) to vigie_app;
