-- EVT-7: what threshold previews look back at, of the facts that are kept at their changes (domain/categories/spans.ts, docs/decisions/0043): one row for a stretch of time that is over; what goes
-- on is in the product. Written with the assessment that saw the change.
create table fact_span (
  partner_id uuid not null,
  product_id uuid not null,
  category text not null,
  fact text not null,
  began_at timestamptz not null,
  ended_at timestamptz not null,
  customer_id uuid not null,
  -- of minutes: the most before in the same spell; of a count: the worst of the first hour
  worst double precision not null,
  -- an instant (ms since 1970) where minutes or days are counted from it or to it, else the number; null: never longer than `worst`
  last double precision,
  primary key (partner_id, product_id, category, fact, began_at),
  foreign key (partner_id, product_id) references product (partner_id, id) on delete cascade,
  foreign key (partner_id, customer_id) references customer (partner_id, id)
);
create index fact_span_preview on fact_span (partner_id, category, ended_at);
create index fact_span_customer on fact_span (partner_id, customer_id, category, ended_at);
create index fact_span_age on fact_span (ended_at);
call vigie.protect('fact_span', 'customer_id', 'select, insert, update, delete');

-- What goes on, by category and fact: so that a change is known without asking for it. Null: of a product older than this, at which nobody has looked since; what it had by then is no news.
alter table product add column held jsonb;
alter table product alter column held set default '{}';

-- Since when the past is known: as the migration that keeps it was applied here.
create function vigie.migrated_at(wanted integer) returns timestamptz language sql stable security definer set search_path = public, pg_temp as
  $$ select applied_at from migration where number = wanted $$;
revoke all on function vigie.migrated_at from public;
grant execute on function vigie.migrated_at to vigie_app;

-- EVT-3: "1 % free" can be tuned now; what was raised before was raised by 1 %, and was kept as one number
update event set figures = figures || '{"freeBelow": 1}' where category = 'disk-space';
delete from fact_hour where category = 'disk-space';
update product set uneasy = array_remove(uneasy, 'disk-space.full') where 'disk-space.full' = any(uneasy);
