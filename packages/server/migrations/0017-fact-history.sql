-- EVT-7: what the threshold preview looks back at. One row for an hour in which a fact of a product was not calm (domain/categories/replay.ts), or became calm again:
-- healthy products leave none. Written with the assessment that saw it.
create table fact_hour (
  partner_id uuid not null,
  product_id uuid not null,
  category text not null,
  fact text not null,
  hour timestamptz not null,
  customer_id uuid not null,
  worst double precision not null,
  -- when the hour ended, or now
  last double precision not null,
  primary key (partner_id, product_id, category, fact, hour),
  foreign key (partner_id, product_id) references product (partner_id, id) on delete cascade,
  foreign key (partner_id, customer_id) references customer (partner_id, id)
);
create index fact_hour_preview on fact_hour (partner_id, category, hour);
create index fact_hour_customer on fact_hour (partner_id, customer_id, category, hour);
call vigie.protect('fact_hour', 'customer_id', 'select, insert, update, delete');
-- 'category.fact' of those that were not calm when last assessed: so that the way back is kept too, without asking for it
alter table product add column uneasy text[] not null default '{}';
