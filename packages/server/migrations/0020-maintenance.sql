-- Maintenance windows (EVT-9), and thresholds of a customer tag (EVT-3).

-- When work is planned: what comes up in it is an event like any other, and silent until its end. How it repeats is for the program; here stands the occurrence that is now, or comes next.
create table maintenance_window (
  partner_id uuid not null references partner (id),
  id uuid not null,
  -- whose; null: of all, or of a tag's customers
  customer_id uuid,
  -- of what stands in one product: a group, endpoints, itself
  product_id uuid,
  name text not null,
  reason text not null default '',
  target text not null check (target in ('all', 'tag', 'customer', 'product', 'group', 'endpoints')),
  tag text,
  "group" text,
  endpoint_ids uuid[],
  -- groups of categories that it silences
  groups text[] not null,
  -- Schedule in domain/maintenance
  schedule jsonb not null,
  duration_minutes integer not null,
  time_zone text not null,
  -- null: none comes any more
  starts_at timestamptz,
  ends_at timestamptz,
  -- start of the occurrence whose open events were silenced already
  begun_at timestamptz,
  created_by_id uuid,
  created_by text not null,
  created_at timestamptz not null,
  version integer not null default 1,
  name_key text collate "C" not null generated always as (vigie.fold(name)) stored,
  -- over: after all others
  starts_key timestamptz not null generated always as (coalesce(starts_at, '9999-12-31 00:00:00+00')) stored,
  primary key (partner_id, id),
  foreign key (partner_id, customer_id) references customer (partner_id, id) on delete cascade,
  foreign key (partner_id, product_id) references product (partner_id, id) on delete cascade,
  check ((target in ('all', 'tag')) = (customer_id is null)),
  check ((target in ('product', 'group', 'endpoints')) = (product_id is not null)),
  check ((target = 'tag') = (tag is not null)),
  check ((target = 'group') = ("group" is not null)),
  check ((target = 'endpoints') = (endpoint_ids is not null))
);
create index maintenance_window_next on maintenance_window (partner_id, starts_key, id);
create index maintenance_window_name on maintenance_window (partner_id, name_key, id);
create index maintenance_window_customer on maintenance_window (partner_id, customer_id, starts_key, id);
create index maintenance_window_product on maintenance_window (partner_id, product_id);
create index maintenance_window_due on maintenance_window (ends_at) where ends_at is not null;
-- As thresholds: those over many customers are shown to an account that sees some of them, which changes none.
alter table maintenance_window enable row level security;
create policy tenant on maintenance_window to vigie_app
  using (partner_id = (select vigie.partner()) and ((select vigie.sees_all()) or customer_id in (select vigie.visible_customers())))
  with check (partner_id = (select vigie.partner()) and ((select vigie.sees_all()) or customer_id in (select vigie.visible_customers())));
create policy inherited on maintenance_window for select to vigie_app using (partner_id = (select vigie.partner()) and customer_id is null);
grant select, insert, update, delete on maintenance_window to vigie_app;

-- What a window silences, it silences as a person would: a silence of the condition, until the occurrence's end.
alter table event_silence
  add column window_id uuid,
  drop constraint event_silence_kind_check,
  add constraint event_silence_kind_check check (kind in ('snoozed', 'accepted', 'maintenance')),
  add foreign key (partner_id, window_id) references maintenance_window (partner_id, id) on delete set null (window_id);
create index event_silence_window on event_silence (partner_id, window_id, since);

-- What an agent says of its machine beyond the engine (EVT-1, EVT-3): { freeRatio, disks, down: { service: since }, mail, licence }; null: nothing.
alter table endpoint add column health jsonb;

-- Between the business's own values and a customer's: those of a tag.
alter table index_value
  add column tag text,
  add constraint index_value_level check (tag is null or customer_id is null);
drop index index_value_of;
create unique index index_value_of on index_value (partner_id, coalesce(customer_id, '00000000-0000-0000-0000-000000000000'::uuid), coalesce(tag, ''), category, name);
