-- Virus alerts and outbreak defence (EVT-5, docs/decisions/0030). An alert belongs to the installation and to no tenant, and is no secret: every business reads it. Only the business that runs the
-- installation writes.
create function vigie.is_operator() returns boolean language sql stable parallel safe as
  $$ select exists (select from partner where id = vigie.partner() and kind = 'operator') $$;
revoke all on function vigie.is_operator() from public;
grant execute on function vigie.is_operator() to vigie_app;

create table virus_alert (
  id uuid primary key,
  level text not null check (level in ('yellow', 'red')),
  name text not null,
  advice text not null,
  -- parts of the names that engines give it
  threats text[] not null,
  ports integer[] not null,
  folders text[] not null,
  attachments text[] not null,
  -- empty: all
  platforms text[] not null,
  -- components built from then on recognise it; null: none does yet
  recognised_from timestamptz,
  starts_at timestamptz not null,
  ends_at timestamptz not null,
  withdrawn_at timestamptz,
  -- the feed's own name of it; null: a person declared it
  feed_key text,
  declared_by text,
  version integer not null default 1,
  created_at timestamptz not null
);
create index virus_alert_newest on virus_alert (starts_at, id);
create index virus_alert_end on virus_alert (ends_at);
create unique index virus_alert_feed_key on virus_alert (feed_key) where feed_key is not null and withdrawn_at is null;
alter table virus_alert enable row level security;
create policy all_read on virus_alert for select to vigie_app using (true);
create policy operator_adds on virus_alert for insert to vigie_app with check ((select vigie.is_operator()));
create policy operator_changes on virus_alert for update to vigie_app using ((select vigie.is_operator())) with check ((select vigie.is_operator()));
grant select, insert, update on virus_alert to vigie_app;

-- Whose signed files are believed.
create table virus_alert_feed (
  partner_id uuid not null references partner (id),
  name text not null,
  public_key text not null,
  -- of the last file taken: none at or below it is taken again
  sequence bigint not null default 0,
  imported_at timestamptz,
  version integer not null default 1,
  primary key (partner_id)
);
call vigie.protect('virus_alert_feed', null, 'select, insert, update, delete');

-- What a business was already told of an alert: one that is new here, changed or ended makes its products due, once.
create table virus_alert_seen (
  partner_id uuid not null references partner (id),
  alert_id uuid not null,
  version integer not null,
  is_in_force boolean not null,
  primary key (partner_id, alert_id)
);
call vigie.protect('virus_alert_seen', null, 'select, insert, update, delete');

-- What a customer allows to begin by itself; no row: nothing.
create table outbreak_rule (
  partner_id uuid not null,
  customer_id uuid not null,
  from_level text not null check (from_level in ('never', 'red', 'yellow')),
  days integer not null,
  may_block_ports boolean not null,
  may_deny_writes boolean not null,
  may_block_attachments boolean not null,
  primary key (partner_id, customer_id),
  foreign key (partner_id, customer_id) references customer (partner_id, id) on delete cascade
);
create index outbreak_rule_allows on outbreak_rule (partner_id, from_level, customer_id);
call vigie.protect('outbreak_rule', 'customer_id', 'select, insert, update, delete');

-- Defence that began by itself: once for each alert and customer, with the order it went by.
create table outbreak_defence (
  partner_id uuid not null,
  customer_id uuid not null,
  alert_id uuid not null,
  order_id uuid not null,
  until timestamptz not null,
  started_at timestamptz not null,
  -- null: nobody was told to stop it before its time
  stopped_at timestamptz,
  primary key (partner_id, customer_id, alert_id),
  foreign key (partner_id, customer_id) references customer (partner_id, id) on delete cascade
);
create index outbreak_defence_alert on outbreak_defence (partner_id, alert_id) where stopped_at is null;
call vigie.protect('outbreak_defence', 'customer_id', 'select, insert, update, delete');

-- Vigie itself gives orders: no account stands behind them.
alter table command_order alter column created_by_id drop not null;

-- Which of an alert's platforms a machine is. What does not say counts as Linux: agents of other systems say so.
create function vigie.alert_platform(platform text) returns text language sql immutable parallel safe as
  $$ select case when platform ~* '\mwindows' then 'windows' when platform ~* '\mmac ?os|\mdarwin' then 'macos' else 'linux' end $$;
create function vigie.is_hit(platform text, platforms text[]) returns boolean language sql immutable parallel safe as
  $$ select cardinality(platforms) = 0 or vigie.alert_platform(platform) = any(platforms) $$;
-- Nothing on it would stop the outbreak: no working real-time scan, or components from before it was known.
create function vigie.is_open_to(real_time_scan text, pattern_built_at timestamptz, recognised_from timestamptz) returns boolean language sql immutable parallel safe as
  $$ select real_time_scan is distinct from 'on' or recognised_from is null or pattern_built_at is null or pattern_built_at < recognised_from $$;
create function vigie.names_threat(threat text, parts text[]) returns boolean language sql immutable parallel safe as
  $$ select exists (select from unnest(parts) part where strpos(lower(threat), lower(part)) > 0) $$;
grant execute on function vigie.alert_platform(text), vigie.is_hit(text, text[]), vigie.is_open_to(text, timestamptz, timestamptz), vigie.names_threat(text, text[]) to vigie_app;
