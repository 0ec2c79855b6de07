-- Figures over time (DSH-2, DSH-3; docs/decisions/0026): what a month's detections come to, from two days' rows; and when customers and products came and went.

-- Running totals. totals[1]: what was counted of it since the row's first day, when this day (UTC) began; totals[1 + n]: after its n-th hour. So the count between any two hours is a difference of two numbers, and
-- an hour is exact in every time zone. One who had any once has a row every day. Hours before count_state.closed_until are in here or in tally_late; later ones are read from tally_hour.
create table tally_day (
  partner_id uuid not null,
  day date not null,
  customer_id uuid not null,
  category text not null,
  type_id text not null,
  totals bigint[] not null,
  primary key (partner_id, day, customer_id, category, type_id)
);
call vigie.protect('tally_day', 'customer_id', 'select, insert, update, delete');
-- the same of all customers together: for those alone who see all
create table tally_day_all (
  partner_id uuid not null,
  day date not null,
  category text not null,
  type_id text not null,
  totals bigint[] not null,
  primary key (partner_id, day, category, type_id)
);
alter table tally_day_all enable row level security;
create policy tenant on tally_day_all to vigie_app using (partner_id = (select vigie.partner()) and (select vigie.sees_all())) with check (partner_id = (select vigie.partner()) and (select vigie.sees_all()));
grant select, insert, update, delete on tally_day_all to vigie_app;

-- What changed in tally_hour an hour or more after the hour was over (machines that were away, a product's history that moved): written with the change, folded into the totals by a job. Until then whoever reads adds it.
create table tally_late (
  partner_id uuid not null,
  id bigint not null generated always as identity,
  customer_id uuid not null,
  category text not null,
  type_id text not null,
  hour timestamptz not null,
  change bigint not null,
  primary key (partner_id, id)
);
call vigie.protect('tally_late', 'customer_id', 'select, insert, delete');

create function vigie.note_late() returns trigger language plpgsql as $$ begin
  insert into tally_late (partner_id, customer_id, category, type_id, hour, change)
  values (new.partner_id, new.customer_id, new.category, new.type_id, new.hour, new.count - case when tg_op = 'UPDATE' then old.count else 0 end);
  return null;
end $$;
-- The condition is judged where the row is written, at next to no cost, and keeps what comes in time away from the function. The job closes an hour 60 minutes after this begins to note it
-- (server/src/figures/fold.ts), so that a transaction between the two is in the one or in the other.
create trigger tally_hour_added_late after insert on tally_hour for each row when (new.hour < clock_timestamp() - interval '65 minutes') execute function vigie.note_late();
create trigger tally_hour_changed_late after update on tally_hour for each row when (new.hour < clock_timestamp() - interval '65 minutes') execute function vigie.note_late();

create function vigie.add_totals(a bigint[], b bigint[]) returns bigint[] language sql immutable parallel safe as
  $$ select array(select x + y from unnest(a, b) with ordinality one (x, y, n) order by n) $$;

-- How far counting has come, of one business. No row: not begun.
create table count_state (
  partner_id uuid primary key references partner (id),
  closed_until timestamptz not null
);
call vigie.protect('count_state', null, 'select, insert, update');

-- Customers and products that were deleted, as long as bars over time may show them. type_id null: a customer.
create table departed (
  partner_id uuid not null,
  id uuid not null,
  customer_id uuid not null,
  type_id text,
  came_at timestamptz not null,
  went_at timestamptz not null,
  primary key (partner_id, id)
);
create index departed_age on departed (partner_id, went_at);
call vigie.protect('departed', 'customer_id', 'select, insert, delete');
-- from when on departures are kept; null: from the beginning
alter table partner add column departures_since timestamptz;
update partner set departures_since = now();

-- Deleted products take their part of the counts along, piece by piece with their records (CUS-5).
alter table purge add column type_id text;

-- Records that count two days or more away from when their machine says it was (its clock is off): few or none. A list by when they count may then look at that part of the records alone.
create index detection_clock_off on detection (partner_id, counted_at) where at - counted_at > interval '48 hours' or counted_at - at > interval '48 hours';
