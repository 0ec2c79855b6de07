-- Agent releases (R17, docs/decisions/0020, 0027). They belong to the installation and to no tenant, and are no secret: whoever reaches the agent side may fetch them. vigie_app reads them;
-- only the operator's command line, as the owner, writes. No references between these tables: they are written and removed whole, in one transaction.

-- The keys people sign with, as they followed one another; text as it was signed, with its signatures.
create table release_root (
  version integer primary key,
  envelope text not null,
  added_at timestamptz not null
);
create table agent_release (
  version text primary key,
  sequence bigint not null,
  envelope text not null,
  signed_at timestamptz not null,
  expires_at timestamptz not null,
  added_at timestamptz not null
);
create unique index agent_release_sequence on agent_release (sequence);
create table agent_release_package (
  version text not null,
  target text not null,
  size_bytes bigint not null,
  sha256 text not null,
  primary key (version, target)
);
-- In pieces of 1 MiB, so that a download holds one piece in memory and no connection while its reader is slow.
create table agent_release_part (
  version text not null,
  target text not null,
  position integer not null,
  bytes bytea not null,
  primary key (version, target, position)
);
do $$ declare name text; begin
  foreach name in array array['release_root', 'agent_release', 'agent_release_package', 'agent_release_part'] loop
    execute format('alter table %I enable row level security', name);
    execute format('create policy all_processes on %I for select to vigie_app using (true)', name);
    execute format('grant select on %I to vigie_app', name);
  end loop;
end $$;
-- packed already
alter table agent_release_part alter column bytes set storage external;

-- AGT-1: what a business lets its agents run. A row: approved; withdrawn ones are in the audit log.
create table agent_release_approval (
  partner_id uuid not null references partner (id),
  version text not null,
  approved_by_id uuid not null,
  approved_by text not null,
  approved_at timestamptz not null,
  primary key (partner_id, version)
);
call vigie.protect('agent_release_approval', null, 'select, insert, delete');

-- Typed parameters of an order's commands (`commandParams`); null: its type has none.
alter table command_order add column params jsonb;

-- Is this version the other or newer? False for what is not three numbers.
create function vigie.is_version_from(version text, other text) returns boolean language sql immutable parallel safe as
  $$ select case when version ~ '^\d{1,6}\.\d{1,6}\.\d{1,6}$' and other ~ '^\d{1,6}\.\d{1,6}\.\d{1,6}$'
    then string_to_array(version, '.')::integer[] >= string_to_array(other, '.')::integer[] else false end $$;
grant execute on function vigie.is_version_from(text, text) to vigie_app;
