-- ACC-11, R40. One chain per business, from 1 without gaps. The app role may add and read, never change or remove. before/after are sealed with a
-- key per business that erasure destroys; the hash covers the sealed bytes, so the chain stays whole after erasure.
create table audit (
  partner_id uuid not null references partner (id),
  sequence bigint not null,
  id uuid not null,
  at timestamptz not null,
  actor_kind text not null,
  actor_id uuid,
  actor_name text not null,
  actor_role text,
  source text not null,
  address text,
  activity text not null,
  customer_id uuid,
  object_kind text not null,
  object_id text,
  object_name text not null,
  before bytea,
  after bytea,
  hash bytea not null,
  primary key (partner_id, sequence)
);
create index audit_category on audit (partner_id, split_part(activity, '.', 1), sequence desc);
create index audit_customer on audit (partner_id, customer_id, sequence desc);
create index audit_actor on audit (partner_id, actor_id, sequence desc);
-- Head of each chain: locked while a record is added, so that two never get the same number.
create table audit_head (
  partner_id uuid primary key references partner (id),
  sequence bigint not null default 0,
  hash bytea not null default ''
);
-- A limited account reads what concerns its customers and the business itself; but whatever it does is recorded, also what takes a customer out of its sight.
alter table audit enable row level security;
create policy tenant on audit for select to vigie_app
  using (partner_id = (select vigie.partner()) and (customer_id is null or (select vigie.sees_all()) or customer_id in (select vigie.visible_customers())));
create policy tenant_adds on audit for insert to vigie_app with check (partner_id = (select vigie.partner()));
grant select, insert on audit to vigie_app;
call vigie.protect('audit_head', null, 'select, insert, update');

-- Keys sealed by the key file, one per business and purpose (R39).
create table tenant_key (
  partner_id uuid not null references partner (id),
  purpose text not null,
  sealed bytea not null,
  created_at timestamptz not null default now(),
  primary key (partner_id, purpose)
);
call vigie.protect('tenant_key', null, 'select, insert, delete');

-- A creation repeated with the same Idempotency-Key answers what the first one answered (double click, lost reply). Kept 24 h.
create table idempotency (
  partner_id uuid not null references partner (id),
  account_id uuid not null,
  key text not null,
  request_hash bytea not null,
  status integer,
  reply jsonb,
  created_at timestamptz not null default now(),
  primary key (partner_id, account_id, key)
);
create index idempotency_age on idempotency (created_at);
call vigie.protect('idempotency', null, 'select, insert, update, delete');

create table outbox (
  partner_id uuid not null references partner (id),
  id uuid not null,
  kind text not null,
  -- the same key twice is one mail (NTF-4)
  key text not null,
  recipient text not null,
  locale text not null,
  time_zone text not null,
  customer_id uuid,
  event_id uuid,
  -- values for the texts; links that sign in are sealed
  content jsonb not null,
  secret_content bytea,
  message_id text not null,
  state text not null check (state in ('waiting', 'sending', 'sent', 'kept', 'failed')),
  attempts integer not null default 0,
  fault text,
  created_at timestamptz not null,
  -- of a row that waits: when it is due; of one that is being sent: until when its process must have said it still lives
  next_try_at timestamptz,
  -- set before the mail's first byte leaves: from here on a crash leaves it unknown whether the mail server has it
  handing_over_at timestamptz,
  sent_at timestamptz,
  primary key (partner_id, id)
);
create unique index outbox_key on outbox (partner_id, key);
create index outbox_created on outbox (partner_id, created_at desc, id);
create index outbox_due on outbox (next_try_at) where state in ('waiting', 'sending');
-- mails about one customer are for those who see that customer; the others concern the business
alter table outbox enable row level security;
create policy tenant on outbox to vigie_app
  using (partner_id = (select vigie.partner()) and (customer_id is null or (select vigie.sees_all()) or customer_id in (select vigie.visible_customers())))
  with check (partner_id = (select vigie.partner()) and (customer_id is null or (select vigie.sees_all()) or customer_id in (select vigie.visible_customers())));
grant select, insert, update, delete on outbox to vigie_app;
create function vigie.partners_with_due_mail(until timestamptz) returns setof uuid
  language sql stable security definer set search_path = public, pg_temp as
  $$ select distinct partner_id from outbox where state in ('waiting', 'sending') and next_try_at <= until limit 1000 $$;
revoke all on function vigie.partners_with_due_mail(timestamptz) from public;
grant execute on function vigie.partners_with_due_mail(timestamptz) to vigie_app;
