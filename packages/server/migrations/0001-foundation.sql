-- The wall (ACC-1, R2-R4). vigie_app owns nothing and bypasses nothing; every connection that serves people, agents or jobs starts as it
-- (startup option role=vigie_app). What it may see is set for one transaction by set_config(..., true):
--   vigie.partner    the business the transaction works in
--   vigie.scope      'all', or 'limited': only the customers visible_customers() gives for vigie.principal
--   vigie.principal  the account (later: API key) whose scope lines count when limited
do $$ begin
  if not exists (select from pg_roles where rolname = 'vigie_app') then create role vigie_app nologin; end if;
  execute format('grant vigie_app to %I', current_user);
end $$;
create schema vigie;
grant usage on schema vigie, public to vigie_app;

create function vigie.partner() returns uuid language sql stable parallel safe as
  $$ select nullif(current_setting('vigie.partner', true), '')::uuid $$;
create function vigie.principal() returns uuid language sql stable parallel safe as
  $$ select nullif(current_setting('vigie.principal', true), '')::uuid $$;
create function vigie.sees_all() returns boolean language sql stable parallel safe as
  $$ select coalesce(current_setting('vigie.scope', true), '') = 'all' $$;

-- What names are sorted and searched by: without case, accents and width. Kept in a column: under row-level security only leakproof comparisons of plain
-- columns reach an index (lower() and like are not), else each page of a list would read all rows before it.
create function vigie.fold(words text) returns text language sql immutable parallel safe as
  $$ select lower(regexp_replace(normalize(words, NFKD), '[\u0300-\u036f]', '', 'g')) $$;

create table partner (
  id uuid primary key,
  parent_id uuid references partner (id),
  kind text not null check (kind in ('operator', 'reseller')),
  name text not null,
  is_mfa_required boolean not null default false,
  locale text not null default 'en',
  time_zone text not null default 'UTC',
  version integer not null default 1,
  created_at timestamptz not null default now()
);
create unique index partner_one_operator on partner ((true)) where kind = 'operator';
create index partner_parent on partner (parent_id);

create table account (
  partner_id uuid not null references partner (id),
  id uuid not null,
  email text not null check (email = lower(email)),
  first_name text not null,
  last_name text not null,
  role text not null,
  is_primary boolean not null default false,
  state text not null check (state in ('invited', 'active', 'disabled')),
  locale text not null,
  time_zone text not null,
  is_scope_limited boolean not null default false,
  is_told_of_events boolean not null default false,
  -- argon2id in PHC form; null until the invitation is accepted
  password_hash text,
  -- sealed (R39); the pending secret is not in force until confirmed
  totp_secret bytea,
  totp_pending_secret bytea,
  -- last used 30 s step: each code once (R31)
  totp_last_step bigint not null default 0,
  last_sign_in_at timestamptz,
  version integer not null default 1,
  created_at timestamptz not null default now(),
  primary key (partner_id, id)
);
create unique index account_email on account (partner_id, email);
create index account_by_email on account (email);
create unique index account_one_primary on account (partner_id) where is_primary;

create table recovery_code (
  partner_id uuid not null,
  account_id uuid not null,
  code_hash bytea not null,
  used_at timestamptz,
  primary key (partner_id, account_id, code_hash),
  foreign key (partner_id, account_id) references account (partner_id, id) on delete cascade
);

create table session (
  partner_id uuid not null,
  id uuid not null,
  account_id uuid not null,
  token_hash bytea not null,
  state text not null check (state in ('full', 'mfa-needed', 'mfa-enrolment-needed')),
  address text not null,
  user_agent text not null,
  created_at timestamptz not null,
  last_used_at timestamptz not null,
  expires_at timestamptz not null,
  primary key (partner_id, id),
  foreign key (partner_id, account_id) references account (partner_id, id) on delete cascade
);
create unique index session_token on session (token_hash);
create index session_account on session (partner_id, account_id);
create index session_expiry on session (expires_at);

-- One-use links of mails: activation, password reset. Kept as hashes.
create table mail_link (
  partner_id uuid not null,
  id uuid not null,
  account_id uuid not null,
  purpose text not null check (purpose in ('invitation', 'password-reset')),
  token_hash bytea not null,
  expires_at timestamptz not null,
  used_at timestamptz,
  created_at timestamptz not null default now(),
  primary key (partner_id, id),
  foreign key (partner_id, account_id) references account (partner_id, id) on delete cascade
);
create unique index mail_link_token on mail_link (token_hash);
create index mail_link_account on mail_link (partner_id, account_id);

-- What one may ask before anyone is signed in is counted here, so that all processes count together (R30, R43). key: 'password:<hash of e-mail>' ...
create table attempt (
  key text not null,
  at timestamptz not null,
  id uuid not null,
  primary key (key, at, id)
);

-- Secrets of the installation, sealed by the key file (R39): command signing key, CA key, set-up token's hash ... Never readable by vigie_app directly.
create table installation_secret (
  name text primary key,
  value bytea not null,
  created_at timestamptz not null default now()
);

create table customer (
  partner_id uuid not null references partner (id),
  id uuid not null,
  company text not null,
  address text not null default '',
  city text not null default '',
  state text not null default '',
  postal_code text not null default '',
  country text not null,
  industry text not null default '',
  size_endpoints integer,
  phone text not null default '',
  account_id text not null,
  time_zone text not null,
  locale text not null,
  -- kept counts: lists and top-5 never count rows (performance.md 7)
  action_required_count integer not null default 0,
  warning_count integer not null default 0,
  product_count integer not null default 0,
  endpoint_count integer not null default 0,
  last_seen_at timestamptz,
  version integer not null default 1,
  created_at timestamptz not null default now(),
  company_key text collate "C" not null generated always as (vigie.fold(company)) stored,
  search_key text collate "C" not null generated always as (vigie.fold(company || ' ' || account_id)) stored,
  -- never seen sorts before all who were
  last_seen_key timestamptz not null generated always as (coalesce(last_seen_at, '-infinity')) stored,
  primary key (partner_id, id)
);
create unique index customer_account_id on customer (partner_id, lower(account_id));
create index customer_company on customer (partner_id, company_key, id);
create index customer_attention on customer (partner_id, action_required_count, warning_count, id);
create index customer_products on customer (partner_id, product_count, id);
create index customer_last_seen on customer (partner_id, last_seen_key, id);
create index customer_created on customer (partner_id, created_at, id);

create table customer_tag (
  partner_id uuid not null,
  customer_id uuid not null,
  tag text not null,
  primary key (partner_id, customer_id, tag),
  foreign key (partner_id, customer_id) references customer (partner_id, id) on delete cascade
);
create index customer_tag_tag on customer_tag (partner_id, tag, customer_id);

create table contact (
  partner_id uuid not null,
  id uuid not null,
  customer_id uuid not null,
  first_name text not null,
  last_name text not null,
  email text not null,
  phone text not null default '',
  locale text not null,
  version integer not null default 1,
  created_at timestamptz not null default now(),
  -- either order of the names, with and without a space: people type both
  search_key text collate "C" not null generated always as
    (vigie.fold(first_name || ' ' || last_name || ' ' || first_name || ' ' || email || ' ' || last_name || first_name)) stored,
  primary key (partner_id, id),
  foreign key (partner_id, customer_id) references customer (partner_id, id) on delete cascade
);
create index contact_customer on contact (partner_id, customer_id, created_at, id);

-- Lines of a scope (ACC-14); they count only where the account is_scope_limited.
create table scope_line (
  partner_id uuid not null,
  id uuid not null,
  account_id uuid not null,
  position integer not null,
  effect text not null check (effect in ('allow', 'deny')),
  target text not null check (target in ('all', 'customer', 'tag')),
  customer_id uuid,
  tag text,
  ends_at timestamptz,
  primary key (partner_id, id),
  foreign key (partner_id, account_id) references account (partner_id, id) on delete cascade,
  foreign key (partner_id, customer_id) references customer (partner_id, id) on delete cascade
);
create index scope_line_account on scope_line (partner_id, account_id);
create index scope_line_customer on scope_line (partner_id, customer_id);

-- The same rule as isInScope() in domain. Reads past the policies of customer and tag, but only within vigie.partner and for vigie.principal.
create function vigie.visible_customers() returns setof uuid language sql stable security definer set search_path = public, pg_temp as $$
  with line as (
    select effect, target, customer_id, tag from scope_line
    where partner_id = vigie.partner() and account_id = vigie.principal() and (ends_at is null or ends_at > now())
  ), hit as (
    -- by kind of line, each by its own index: a join of all lines with all customers took 80 ms for 10,000 customers and 32 lines, this takes 4
    select c.id, l.effect from line l join customer c on c.partner_id = vigie.partner() where l.target = 'all'
    union all
    select l.customer_id, l.effect from line l where l.target = 'customer'
    union all
    select t.customer_id, l.effect from line l join customer_tag t on t.partner_id = vigie.partner() and t.tag = l.tag where l.target = 'tag'
  )
  select id from hit group by id having bool_or(effect = 'allow') and not bool_or(effect = 'deny')
$$;
revoke all on function vigie.visible_customers() from public;
grant execute on function vigie.visible_customers() to vigie_app;

-- Puts a table behind the wall. customer_column: rows of one customer also obey the principal's scope; null: business-wide rows.
create procedure vigie.protect(name text, customer_column text, rights text) language plpgsql as $$
declare rule text := 'partner_id = (select vigie.partner())';
begin
  if customer_column is not null then
    rule := rule || format(' and ((select vigie.sees_all()) or %I in (select vigie.visible_customers()))', customer_column);
  end if;
  execute format('alter table %I enable row level security', name);
  execute format('create policy tenant on %I to vigie_app using (%s) with check (%s)', name, rule, rule);
  execute format('grant %s on %I to vigie_app', rights, name);
end $$;

alter table partner enable row level security;
create policy tenant on partner to vigie_app using (id = (select vigie.partner()) or parent_id = (select vigie.partner())) with check (id = (select vigie.partner()) or parent_id = (select vigie.partner()));
grant select, insert, update on partner to vigie_app;
call vigie.protect('account', null, 'select, insert, update, delete');
call vigie.protect('recovery_code', null, 'select, insert, update, delete');
call vigie.protect('session', null, 'select, insert, update, delete');
call vigie.protect('mail_link', null, 'select, insert, update, delete');
call vigie.protect('customer', 'id', 'select, insert, update, delete');
call vigie.protect('customer_tag', 'customer_id', 'select, insert, update, delete');
call vigie.protect('contact', 'customer_id', 'select, insert, update, delete');
call vigie.protect('scope_line', null, 'select, insert, update, delete');
alter table attempt enable row level security;
alter table installation_secret enable row level security;
-- attempts belong to no tenant and hold no tenant's data: hashes and instants
create policy all_processes on attempt to vigie_app using (true) with check (true);
grant select, insert, delete on attempt to vigie_app;

-- What must be found before it is known whose it is. Each gives keys only, never content. The catalogue test holds this list closed.
create function vigie.find_session(hash bytea) returns table (partner_id uuid, session_id uuid, account_id uuid)
  language sql stable security definer set search_path = public, pg_temp as
  $$ select partner_id, id, account_id from session where token_hash = hash and expires_at > now() $$;
create function vigie.find_accounts(mail text) returns table (partner_id uuid, account_id uuid)
  language sql stable security definer set search_path = public, pg_temp as
  $$ select partner_id, id from account where email = lower(mail) and state <> 'invited' order by created_at limit 20 $$;
create function vigie.find_mail_link(hash bytea, wanted text) returns table (partner_id uuid, link_id uuid, account_id uuid)
  language sql stable security definer set search_path = public, pg_temp as
  $$ select partner_id, id, account_id from mail_link where token_hash = hash and purpose = wanted and used_at is null and expires_at > now() $$;
create function vigie.operator_exists() returns boolean
  language sql stable security definer set search_path = public, pg_temp as $$ select exists (select from partner where kind = 'operator') $$;
create function vigie.partner_ids() returns setof uuid
  language sql stable security definer set search_path = public, pg_temp as $$ select id from partner order by id $$;
revoke all on all functions in schema vigie from public;
grant execute on all functions in schema vigie to vigie_app;
