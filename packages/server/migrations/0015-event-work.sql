-- Work on events (EVT-2, EVT-4, EVT-9): who works on one, what people say of it, and conditions that are kept silent.

-- A condition of a product (EVT-9: the event's identity) that does not ask for attention for a while. Stays when it is over: an accepted risk is a record that reports count.
create table event_silence (
  partner_id uuid not null references partner (id),
  id uuid not null,
  customer_id uuid not null,
  product_id uuid not null,
  category text not null,
  condition text not null,
  -- the event it began with; not a reference: a record outlives what retention takes away
  event_id uuid not null,
  kind text not null check (kind in ('snoozed', 'accepted')),
  reason text not null,
  -- who answers for it
  owner_id uuid,
  owner_name text not null,
  by_id uuid,
  by_name text not null,
  since timestamptz not null,
  -- null: no end of its own (a snooze lasts as long as its event then)
  until timestamptz,
  -- figures that wake it when they get worse than this; null: none does
  bounds jsonb,
  ended_at timestamptz,
  ended_how text check (ended_how in ('time', 'worse', 'hand', 'over', 'replaced')),
  primary key (partner_id, id),
  foreign key (partner_id, product_id) references product (partner_id, id) on delete cascade,
  foreign key (partner_id, customer_id) references customer (partner_id, id),
  check (kind = 'snoozed' or until is not null)
);
-- one at a time for a condition
create unique index event_silence_active on event_silence (partner_id, product_id, category, condition) where ended_at is null;
create index event_silence_until on event_silence (partner_id, until) where ended_at is null;
create index event_silence_product on event_silence (partner_id, product_id, since desc);
create index event_silence_customer on event_silence (partner_id, customer_id, since desc);
call vigie.protect('event_silence', 'customer_id', 'select, insert, update, delete');

alter table event
  add column assignee_id uuid,
  -- why it is silent while it is open
  add column silence_id uuid,
  -- its kind, so that a list asks no other table
  add column silence_kind text,
  add foreign key (partner_id, assignee_id) references account (partner_id, id) on delete set null (assignee_id),
  add foreign key (partner_id, silence_id) references event_silence (partner_id, id) on delete set null (silence_id);
create index event_assignee on event (partner_id, assignee_id, last_raised_at, id);
create index event_silenced on event (partner_id, silence_id);
-- those that ask for attention, and those that are kept silent: few among many, both ways round. The former indexes of all open ones go: PostgreSQL took them instead, and walked over the silent.
drop index event_open_newest;
drop index event_open_severity;
create index event_attention_newest on event (partner_id, last_raised_at, id) where state <> 'resolved' and silence_id is null;
create index event_attention_severity on event (partner_id, severity_rank, last_raised_at, id) where state <> 'resolved' and silence_id is null;
create index event_silent_newest on event (partner_id, silence_kind, last_raised_at, id) where state <> 'resolved' and silence_id is not null;

-- what else a step tells: to whom, why, until when
alter table event_step add column details jsonb not null default '{}';

-- What people say of an event. A removed one leaves its place, without its words.
create table event_comment (
  partner_id uuid not null,
  id uuid not null,
  customer_id uuid not null,
  product_id uuid not null,
  event_id uuid not null,
  by_id uuid,
  by_name text not null,
  at timestamptz not null,
  text text not null,
  edited_at timestamptz,
  removed_at timestamptz,
  primary key (partner_id, id),
  foreign key (partner_id, event_id) references event (partner_id, id) on delete cascade
);
create index event_comment_event on event_comment (partner_id, event_id, at);
call vigie.protect('event_comment', 'customer_id', 'select, insert, update, delete');
