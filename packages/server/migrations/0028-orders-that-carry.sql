-- Orders that carry settings or addresses to many customers (ADM-2, ADM-3, R16), and orders that take another back (docs/decisions/0037).

alter table command_order
  -- what is carried, as it was when the order was made: the template's version may be gone before the last ring
  add column carried jsonb,
  -- the order that this one takes back
  add column undo_of uuid,
  -- by the last look: somebody's protection gets weaker by what is carried (R16)
  add column weakens boolean not null default false,
  -- places of `order_place` by step; moved under the order's own lock
  add column places_planned integer not null default 0,
  add column places_set integer not null default 0,
  add column places_skipped integer not null default 0;
create index command_order_undo on command_order (partner_id, undo_of) where undo_of is not null;

-- One row for each place an order carries something to: a customer, or one of its products. With step 'set' it is done, with what stood there before, and never is again.
create table order_place (
  partner_id uuid not null,
  order_id uuid not null,
  id uuid not null,
  customer_id uuid not null,
  -- null: the customer's own place
  product_id uuid,
  -- the product's; empty: the customer's own place
  name text not null,
  company text not null,
  -- 0: none
  ring integer not null,
  step text not null check (step in ('planned', 'set', 'skipped')),
  -- why nothing is done there: text key below `place-reason.`
  reason text,
  -- what changes there, what already is so, what is left alone (PlaceLine in domain/orders); while planned as of the last look
  lines jsonb not null,
  weakens boolean not null,
  -- endpoints that get it
  endpoint_count integer not null,
  -- what stood there before, and what the order left there; null until it is set
  before jsonb,
  after jsonb,
  at timestamptz not null,
  company_key text collate "C" not null generated always as (vigie.fold(company)) stored,
  primary key (partner_id, order_id, id),
  -- no reference to customer or product: what was done at one that is gone stays told
  foreign key (partner_id, order_id) references command_order (partner_id, id) on delete cascade
);
create index order_place_ring on order_place (partner_id, order_id, ring, customer_id) where step = 'planned';
create index order_place_company on order_place (partner_id, order_id, company_key, id);
create index order_place_step on order_place (partner_id, order_id, step, company_key, id);
create index order_place_customer on order_place (partner_id, order_id, customer_id);
call vigie.protect('order_place', 'customer_id', 'select, insert, update, delete');

-- Do both say the same of each of these settings? Lists are the same in any order.
create function vigie.says_same(a jsonb, b jsonb, keys text[]) returns boolean language sql immutable parallel safe as
  $$ select coalesce(bool_and(a -> k is not distinct from b -> k or coalesce((a -> k) @> (b -> k) and (b -> k) @> (a -> k), false)), true) from unnest(keys) k $$;
grant execute on function vigie.says_same(jsonb, jsonb, text[]) to vigie_app;
