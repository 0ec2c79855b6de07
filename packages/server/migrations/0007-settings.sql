-- Settings wanted and reported (AGT-4), templates (ADM-3), URL lists (ADM-2).

-- What is set at one place: a customer, a product, or a product's group. Outermost first; the nearer outweighs (docs/decisions/0017).
create table setting_layer (
  partner_id uuid not null,
  id uuid not null,
  customer_id uuid not null,
  -- null: the customer's
  product_id uuid,
  -- null: the product's, or the customer's
  "group" text,
  -- by key
  values jsonb not null default '{}',
  -- by key: { by, at }
  set_by jsonb not null default '{}',
  -- the template it follows, with its values as they were when it was applied; not a reference: built-in ones have no row
  template_id uuid,
  template_version integer,
  template_name text,
  template_values jsonb,
  template_by text,
  template_at timestamptz,
  version integer not null default 1,
  primary key (partner_id, id),
  foreign key (partner_id, customer_id) references customer (partner_id, id) on delete cascade,
  foreign key (partner_id, product_id) references product (partner_id, id) on delete cascade
);
create unique index setting_layer_place on setting_layer (partner_id, customer_id, product_id, "group") nulls not distinct;
create index setting_layer_customer on setting_layer (partner_id, customer_id);
create index setting_layer_product on setting_layer (partner_id, product_id);
create index setting_layer_template on setting_layer (partner_id, template_id) where template_id is not null;
call vigie.protect('setting_layer', 'customer_id', 'select, insert, update, delete');

-- One endpoint: what is wanted of it, by which order it was told, and what it says. Wanted and told move with the layers, reported with its reports.
create table setting_state (
  partner_id uuid not null,
  endpoint_id uuid not null,
  customer_id uuid not null,
  product_id uuid not null,
  agent_id uuid,
  -- by which group and clock `wanted` was made
  "group" text,
  time_zone text,
  -- 0: nothing was ever wanted
  wanted_revision integer not null default 0,
  wanted jsonb not null default '{}',
  wanted_at timestamptz,
  -- the newest order, and the revision it carries
  command_id uuid,
  command_revision integer,
  -- null: it does not tell its settings
  reported_revision integer,
  reported jsonb,
  reported_at timestamptz,
  primary key (partner_id, endpoint_id),
  foreign key (partner_id, endpoint_id) references endpoint (partner_id, id) on delete cascade
);
create index setting_state_product on setting_state (partner_id, product_id);
create index setting_state_customer on setting_state (partner_id, customer_id);
-- who has not got what is wanted of it
create index setting_state_due on setting_state (partner_id, endpoint_id) where wanted_revision > 0 and reported_revision is distinct from wanted_revision;
call vigie.protect('setting_state', 'customer_id', 'select, insert, update, delete');

create table setting_template (
  partner_id uuid not null references partner (id),
  id uuid not null,
  name text not null,
  name_key text collate "C" not null generated always as (vigie.fold(name)) stored,
  -- newest version's number
  version integer not null,
  created_at timestamptz not null,
  primary key (partner_id, id)
);
create unique index setting_template_name on setting_template (partner_id, name_key);
call vigie.protect('setting_template', null, 'select, insert, update, delete');

create table setting_template_version (
  partner_id uuid not null,
  template_id uuid not null,
  number integer not null,
  name text not null,
  about text not null,
  families text[] not null,
  values jsonb not null,
  made_by text not null,
  made_at timestamptz not null,
  primary key (partner_id, template_id, number),
  foreign key (partner_id, template_id) references setting_template (partner_id, id) on delete cascade
);
create index setting_template_version_of on setting_template_version (partner_id, template_id);
call vigie.protect('setting_template_version', null, 'select, insert, delete');

create table url_entry (
  partner_id uuid not null references partner (id),
  id uuid not null,
  -- null: the business's, which every customer inherits
  customer_id uuid,
  kind text not null,
  -- normalised, ASCII
  entry text not null,
  entry_key text collate "C" not null generated always as (vigie.fold(entry)) stored,
  added_by text not null,
  added_at timestamptz not null,
  primary key (partner_id, id),
  foreign key (partner_id, customer_id) references customer (partner_id, id) on delete cascade
);
-- one address stands in one list only, in both kinds together
create unique index url_entry_once on url_entry (partner_id, customer_id, entry) nulls not distinct;
create index url_entry_customer on url_entry (partner_id, customer_id);
create index url_entry_list on url_entry (partner_id, customer_id, kind, entry_key, id);
create index url_entry_added on url_entry (partner_id, customer_id, kind, added_at, id);
-- the business's own are read by everybody of it and written by those who see all of it
alter table url_entry enable row level security;
create policy tenant on url_entry to vigie_app
  using (partner_id = (select vigie.partner()) and ((select vigie.sees_all()) or customer_id in (select vigie.visible_customers())))
  with check (partner_id = (select vigie.partner()) and ((select vigie.sees_all()) or customer_id in (select vigie.visible_customers())));
create policy inherited on url_entry for select to vigie_app using (partner_id = (select vigie.partner()) and customer_id is null);
grant select, insert, update, delete on url_entry to vigie_app;
