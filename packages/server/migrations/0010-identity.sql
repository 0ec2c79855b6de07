-- Merges of endpoints, suspected duplicates, moves of products (AGT-9, AGT-11, INV-3; docs/decisions/0024).

-- One endpoint taken into another. What the taken one was, and what moved with it, stays here: so it can be put back exactly.
create table endpoint_merge (
  partner_id uuid not null,
  id uuid not null,
  customer_id uuid not null,
  -- the one that stays
  endpoint_id uuid not null,
  endpoint_name text not null,
  -- the one taken in: its id, its place, its row as it was
  merged_id uuid not null,
  merged_name text not null,
  product_id uuid not null,
  key text not null,
  snapshot jsonb not null,
  -- of the staying one what the other's newer report replaced, and when that report came; null: its own was newer
  replaced jsonb,
  replaced_at timestamptz,
  -- the settings wanted of the taken one, and what it told of them; null: nothing was known
  setting_state jsonb,
  -- infections that moved, and of them those closed because the same was open at the staying one
  infection_ids uuid[] not null default '{}',
  twin_infection_ids uuid[] not null default '{}',
  merged_at timestamptz not null,
  merged_by text not null,
  undone_at timestamptz,
  undone_by text,
  primary key (partner_id, id),
  foreign key (partner_id, product_id) references product (partner_id, id) on delete cascade,
  foreign key (partner_id, customer_id) references customer (partner_id, id)
);
create index endpoint_merge_product on endpoint_merge (partner_id, product_id);
create index endpoint_merge_customer on endpoint_merge (partner_id, customer_id, merged_at, id);
create index endpoint_merge_newest on endpoint_merge (partner_id, merged_at, id);
create index endpoint_merge_into on endpoint_merge (partner_id, endpoint_id) where undone_at is null;

-- Names and ids that stand for another endpoint while it is merged: what comes under them is its, what was recorded under them is found with it.
create table endpoint_alias (
  partner_id uuid not null,
  product_id uuid not null,
  key text not null,
  merged_id uuid not null,
  merge_id uuid not null,
  customer_id uuid not null,
  endpoint_id uuid not null,
  primary key (partner_id, product_id, key),
  foreign key (partner_id, product_id) references product (partner_id, id) on delete cascade,
  foreign key (partner_id, endpoint_id) references endpoint (partner_id, id) on delete cascade,
  foreign key (partner_id, merge_id) references endpoint_merge (partner_id, id) on delete cascade,
  foreign key (partner_id, customer_id) references customer (partner_id, id)
);
create unique index endpoint_alias_merged on endpoint_alias (partner_id, merged_id);
create index endpoint_alias_endpoint on endpoint_alias (partner_id, endpoint_id);
create index endpoint_alias_merge on endpoint_alias (partner_id, merge_id);
create index endpoint_alias_customer on endpoint_alias (partner_id, customer_id);

-- Two endpoints that may be one machine, or a copy beside its original. The pair is in the order in which they were first heard of.
create table duplicate (
  partner_id uuid not null,
  id uuid not null,
  customer_id uuid not null,
  endpoint_id uuid not null,
  other_id uuid not null,
  evidence text[] not null,
  state text not null check (state in ('suspected', 'separated', 'kept-apart')),
  found_at timestamptz not null,
  decided_at timestamptz,
  decided_by text,
  primary key (partner_id, id),
  foreign key (partner_id, customer_id) references customer (partner_id, id) on delete cascade
);
create unique index duplicate_pair on duplicate (partner_id, endpoint_id, other_id);
create index duplicate_other on duplicate (partner_id, other_id);
create index duplicate_customer on duplicate (partner_id, customer_id, found_at, id);
create index duplicate_state on duplicate (partner_id, state, found_at, id);

-- A product that went to another customer of the business (AGT-11).
create table product_move (
  partner_id uuid not null,
  id uuid not null,
  -- where it went
  customer_id uuid not null,
  customer_name text not null,
  from_customer_id uuid not null,
  from_customer_name text not null,
  product_id uuid not null,
  agent_count integer not null,
  endpoint_count integer not null,
  reason text not null,
  moved_at timestamptz not null,
  moved_by text not null,
  -- may be taken back until then
  reversible_until timestamptz not null,
  undone_at timestamptz,
  undone_by text,
  -- the move that this one takes back
  undoes_id uuid,
  -- raw records that followed, and when the last did; null: some are still on their way
  record_count bigint not null default 0,
  history_moved_at timestamptz,
  primary key (partner_id, id),
  foreign key (partner_id, product_id) references product (partner_id, id) on delete cascade,
  foreign key (partner_id, customer_id) references customer (partner_id, id) on delete cascade
);
create index product_move_product on product_move (partner_id, product_id, moved_at);
create index product_move_customer on product_move (partner_id, customer_id, moved_at, id);
create index product_move_newest on product_move (partner_id, moved_at, id);

-- Raw records that still follow their product to its customer, newest first, piece by piece by a job.
create table history_due (
  partner_id uuid not null,
  product_id uuid not null,
  customer_id uuid not null,
  move_id uuid not null,
  -- everything after it has followed
  until_at timestamptz not null default 'infinity',
  asked_at timestamptz not null,
  primary key (partner_id, product_id),
  foreign key (partner_id, product_id) references product (partner_id, id) on delete cascade
);

call vigie.protect('endpoint_merge', 'customer_id', 'select, insert, update, delete');
call vigie.protect('endpoint_alias', 'customer_id', 'select, insert, update, delete');
call vigie.protect('duplicate', 'customer_id', 'select, insert, update, delete');
call vigie.protect('product_move', 'customer_id', 'select, insert, update');
call vigie.protect('history_due', 'customer_id', 'select, insert, update, delete');

-- What a move takes along changes its customer and nothing else.
grant update (customer_id) on detection, event_step, command_step, dead_letter to vigie_app;

-- R10: the last hellos whose count fell back, so that two identical machines that are never online together are told from a restore
alter table agent add column falls jsonb not null default '[]';
