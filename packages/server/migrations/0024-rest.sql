-- Settings asked for at 20,000 endpoints, and the minute's look at what is due, by an index of it (AGT-4).

-- What tells one report from another: 16 bytes of its SHA-256. No machine can make one that passes for another's.
create function vigie.digest(value jsonb) returns bytea language sql immutable strict parallel safe as $$ select substr(sha256(convert_to(value::text, 'UTF8')), 1, 16) $$;

-- Every endpoint has its row from now on, with its product, group and agent as the endpoint has them (triggers below): settings are counted here alone.
alter table setting_state
  add column is_wanted boolean not null generated always as (wanted_revision > 0) stored,
  -- it took the newest order, or reports that it never got one
  add column is_current boolean not null generated always as (reported_revision is not distinct from wanted_revision) stored,
  add column reported_digest bytea generated always as (vigie.digest(reported)) stored,
  -- how it stands is not said by the columns above alone: nothing was reported, or the order for what is wanted did not bring it (yet)
  add column is_open boolean not null
    generated always as (reported is null or command_revision is not distinct from wanted_revision and not (reported_revision is not distinct from wanted_revision and reported @> wanted)) stored;
insert into setting_state (partner_id, endpoint_id, customer_id, product_id, agent_id, "group")
  select partner_id, id, customer_id, product_id, agent_id, "group" from endpoint on conflict (partner_id, endpoint_id) do nothing;
update setting_state s set "group" = e."group", agent_id = e.agent_id from endpoint e
  where e.partner_id = s.partner_id and e.id = s.endpoint_id and (s."group" is distinct from e."group" or s.agent_id is distinct from e.agent_id);
drop index setting_state_due, setting_state_customer;
create index setting_state_due on setting_state (partner_id, agent_id) where is_wanted and not is_current;
create index setting_state_alike on setting_state (partner_id, customer_id, product_id, "group", is_open, is_wanted, is_current, reported_digest);

-- Endpoints that came, moved to another group, agent, product or customer, or live by another clock: their group is looked at again with the next minute. Only ever added to, so that nobody waits for anybody.
create table setting_look (
  partner_id uuid not null,
  id uuid not null default gen_random_uuid(),
  customer_id uuid not null,
  product_id uuid not null,
  "group" text not null,
  primary key (partner_id, id),
  foreign key (partner_id, product_id) references product (partner_id, id) on delete cascade
);
create index setting_look_product on setting_look (partner_id, product_id);
call vigie.protect('setting_look', 'customer_id', 'select, insert, update, delete');

create function vigie.settings_of_new_endpoints() returns trigger language plpgsql as $$ begin
  insert into setting_state (partner_id, endpoint_id, customer_id, product_id, agent_id, "group") select partner_id, id, customer_id, product_id, agent_id, "group" from added order by id;
  insert into setting_look (partner_id, customer_id, product_id, "group") select distinct partner_id, customer_id, product_id, "group" from added;
  return null;
end $$;
create function vigie.settings_of_moved_endpoint() returns trigger language plpgsql as $$ begin
  update setting_state set customer_id = new.customer_id, product_id = new.product_id, agent_id = new.agent_id, "group" = new."group" where partner_id = new.partner_id and endpoint_id = new.id;
  insert into setting_look (partner_id, customer_id, product_id, "group") values (new.partner_id, new.customer_id, new.product_id, new."group");
  return null;
end $$;
create function vigie.settings_by_another_clock() returns trigger language plpgsql as $$ begin
  insert into setting_look (partner_id, customer_id, product_id, "group")
    select g.partner_id, p.customer_id, g.product_id, g.name from product p join endpoint_group g on g.partner_id = p.partner_id and g.product_id = p.id where p.partner_id = new.partner_id and p.customer_id = new.id;
  return null;
end $$;
create trigger endpoint_settings_begin after insert on endpoint referencing new table as added for each statement execute function vigie.settings_of_new_endpoints();
create trigger endpoint_settings_move after update on endpoint for each row
  when (old."group" <> new."group" or old.agent_id is distinct from new.agent_id or old.product_id <> new.product_id or old.customer_id <> new.customer_id) execute function vigie.settings_of_moved_endpoint();
create trigger customer_settings_clock after update on customer for each row when (old.time_zone <> new.time_zone) execute function vigie.settings_by_another_clock();

-- what was not looked at when this came
insert into setting_look (partner_id, customer_id, product_id, "group")
  select distinct e.partner_id, e.customer_id, e.product_id, e."group" from endpoint e where exists (select from setting_layer l where l.partner_id = e.partner_id and l.customer_id = e.customer_id);

-- Words of an endpoint (vigie.endpoint_words: name, addresses and the rest, a line each) without its addresses (ACC-12).
create function vigie.without_addresses(words text) returns text language sql immutable strict parallel safe as $$ select regexp_replace(words, '^([^\n]*\n)[^\n]*', '\1') $$;

-- Papers of consent are sealed like other secrets (R39). Null: from before, kept as it came.
alter table consent_document add column size_bytes integer;
