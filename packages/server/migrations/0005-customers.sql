-- CUS-2: open events by group of their category, kept like the sums beside them (performance.md 7). Which category belongs to which group stands in domain; here only those of
-- before this migration.
alter table product
  add column threat_action_count integer not null default 0,
  add column threat_warning_count integer not null default 0,
  add column system_action_count integer not null default 0,
  add column system_warning_count integer not null default 0,
  add column licence_action_count integer not null default 0,
  add column licence_warning_count integer not null default 0;
alter table customer
  add column threat_action_count integer not null default 0,
  add column threat_warning_count integer not null default 0,
  add column system_action_count integer not null default 0,
  add column system_warning_count integer not null default 0,
  add column licence_action_count integer not null default 0,
  add column licence_warning_count integer not null default 0,
  -- CUS-7: who owns the customer; null: the business's primary, whoever that is. An account that is removed leaves its customers to the primary.
  add column managed_by_id uuid,
  add foreign key (partner_id, managed_by_id) references account (partner_id, id) on delete set null (managed_by_id);

update product p set threat_action_count = n.threat_red, threat_warning_count = n.threat_yellow, system_action_count = n.system_red, system_warning_count = n.system_yellow
from (select partner_id, product_id,
        count(*) filter (where category = 'antivirus' and severity = 'action-required')::integer as threat_red, count(*) filter (where category = 'antivirus' and severity = 'warning')::integer as threat_yellow,
        count(*) filter (where category = 'component-update' and severity = 'action-required')::integer as system_red, count(*) filter (where category = 'component-update' and severity = 'warning')::integer as system_yellow
      from event where state <> 'resolved' group by 1, 2) n
where p.partner_id = n.partner_id and p.id = n.product_id;
update customer c set threat_action_count = n.threat_red, threat_warning_count = n.threat_yellow, system_action_count = n.system_red, system_warning_count = n.system_yellow
from (select partner_id, customer_id, sum(threat_action_count)::integer as threat_red, sum(threat_warning_count)::integer as threat_yellow, sum(system_action_count)::integer as system_red,
        sum(system_warning_count)::integer as system_yellow from product group by 1, 2) n
where c.partner_id = n.partner_id and c.id = n.customer_id;

create index customer_threat on customer (partner_id, threat_action_count, threat_warning_count, id);
create index customer_system on customer (partner_id, system_action_count, system_warning_count, id);
create index customer_licence on customer (partner_id, licence_action_count, licence_warning_count, id);
create index customer_endpoints on customer (partner_id, endpoint_count, id);
create index customer_managed_by on customer (partner_id, managed_by_id, id);
-- whose products are abnormal or offline: answered by the index alone
drop index product_state;
create index product_state on product (partner_id, state, customer_id);

-- Saved views of lists: a name for filters, order and columns. Of one account; shared ones are read by the whole business.
create table saved_view (
  partner_id uuid not null references partner (id),
  id uuid not null,
  account_id uuid not null,
  list text not null check (list in ('customers', 'inventory', 'events')),
  name text not null,
  -- as in the list's address, without its page
  query text not null,
  -- shown columns; null: the list's own
  columns text[],
  is_shared boolean not null default false,
  version integer not null default 1,
  created_at timestamptz not null default now(),
  name_key text collate "C" not null generated always as (vigie.fold(name)) stored,
  primary key (partner_id, id),
  foreign key (partner_id, account_id) references account (partner_id, id) on delete cascade
);
create index saved_view_account on saved_view (partner_id, account_id, list, name_key, id);
create index saved_view_shared on saved_view (partner_id, list, name_key, id) where is_shared;

-- The view a list opens with, for one account.
create table default_view (
  partner_id uuid not null,
  account_id uuid not null,
  list text not null,
  view_id uuid not null,
  primary key (partner_id, account_id, list),
  foreign key (partner_id, account_id) references account (partner_id, id) on delete cascade,
  foreign key (partner_id, view_id) references saved_view (partner_id, id) on delete cascade
);
create index default_view_view on default_view (partner_id, view_id);

call vigie.protect('saved_view', null, 'select, insert, update, delete');
call vigie.protect('default_view', null, 'select, insert, update, delete');
