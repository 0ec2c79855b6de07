-- ACC-12: what "not recorded" means for this business: false: allowed, and the console says that nothing is recorded; true: refused.
alter table partner add column is_consent_strict boolean not null default false;

-- The ledger. Lines are added and never changed; of those about one activity the newest decides.
create table consent (
  partner_id uuid not null,
  id uuid not null,
  customer_id uuid not null,
  activity text not null,
  decision text not null check (decision in ('given', 'withdrawn')),
  -- who at the customer, as text: a removed contact leaves no dangling name (CUS-4)
  said_by text not null,
  said_on date not null,
  reference text not null default '',
  document_id uuid,
  recorded_by_id uuid,
  recorded_by text not null,
  recorded_at timestamptz not null,
  primary key (partner_id, id),
  foreign key (partner_id, customer_id) references customer (partner_id, id) on delete cascade
);
create index consent_customer on consent (partner_id, customer_id, recorded_at desc, id desc);

-- One paper may stand behind several lines.
create table consent_document (
  partner_id uuid not null,
  id uuid not null,
  customer_id uuid not null,
  name text not null,
  type text not null check (type in ('application/pdf', 'image/png')),
  content bytea not null,
  primary key (partner_id, id),
  foreign key (partner_id, customer_id) references customer (partner_id, id) on delete cascade
);
create index consent_document_customer on consent_document (partner_id, customer_id);
alter table consent add foreign key (partner_id, document_id) references consent_document (partner_id, id);
create index consent_by_document on consent (partner_id, document_id);

-- The line that decides, kept beside the ledger: what commands and lists ask.
create table consent_state (
  partner_id uuid not null,
  customer_id uuid not null,
  activity text not null,
  decision text not null,
  consent_id uuid not null,
  since timestamptz not null,
  primary key (partner_id, customer_id, activity),
  foreign key (partner_id, customer_id) references customer (partner_id, id) on delete cascade,
  foreign key (partner_id, consent_id) references consent (partner_id, id) on delete cascade
);
create index consent_state_line on consent_state (partner_id, consent_id);
-- mostly empty, so that a list is told at once that there is nothing to leave out
create index consent_state_withdrawn on consent_state (partner_id, activity, customer_id) where decision = 'withdrawn';
create index consent_state_decision on consent_state (partner_id, activity, decision, customer_id);

-- Handed over before consent was withdrawn: not handed over again, should the agent have lost it.
alter table command add column is_withheld boolean not null default false;
-- what a withdrawal calls off
create index command_open_customer on command (partner_id, customer_id, type) where step in ('waiting', 'delivered', 'running');

-- CUS-3, R37: our own PNG, written by us from what was sent; the version stands with the customer, so that lists need not look here.
create table customer_logo (
  partner_id uuid not null,
  customer_id uuid not null,
  png bytea not null,
  primary key (partner_id, customer_id),
  foreign key (partner_id, customer_id) references customer (partner_id, id) on delete cascade
);
-- logo_count only ever grows: an address of a logo is never that of another; logo_version null: no logo
alter table customer add column logo_count integer not null default 0, add column logo_version integer;

-- CUS-6: with which appliances register. Hashes (argon2id) of the password in force and, within its grace, of the one before.
create table registration_credential (
  partner_id uuid not null,
  customer_id uuid not null,
  user_name text not null,
  password_hash text not null,
  previous_hash text,
  previous_ends_at timestamptz,
  made_at timestamptz not null,
  made_by text not null,
  primary key (partner_id, customer_id),
  foreign key (partner_id, customer_id) references customer (partner_id, id) on delete cascade
);
-- made by us, never chosen: a clash tells nothing (R3)
create unique index registration_credential_user_name on registration_credential (user_name);
create function vigie.find_registration(wanted text) returns table (partner_id uuid, customer_id uuid)
  language sql stable security definer set search_path = public, pg_temp as $$ select partner_id, customer_id from registration_credential where user_name = wanted $$;
revoke all on function vigie.find_registration(text) from public;
grant execute on function vigie.find_registration(text) to vigie_app;

-- A ledger: the app role adds and reads, and can neither change a line nor take one away.
call vigie.protect('consent', 'customer_id', 'select, insert');
call vigie.protect('consent_document', 'customer_id', 'select, insert');
call vigie.protect('consent_state', 'customer_id', 'select, insert, update');
call vigie.protect('customer_logo', 'customer_id', 'select, insert, update, delete');
call vigie.protect('registration_credential', 'customer_id', 'select, insert, update, delete');
