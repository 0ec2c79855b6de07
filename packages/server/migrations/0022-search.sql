-- Search over everything (docs/decisions/0031). Endpoints are found by endpoint_search (0012), the rest by what 0001-0005 keep folded already.

-- What an endpoint was called before: its own former names and those of the endpoints merged into it, newest first, few. They stand among its words, in lines of their own after the others.
alter table endpoint_search add column former_names text[] not null default '{}';

create function vigie.add_former(former text[], added text[], present text) returns text[] language sql immutable parallel safe as
  $$ select array(select min(n) from unnest(added || former) with ordinality u(n, place) where vigie.fold(n) <> vigie.fold(present) group by vigie.fold(n) order by min(place) limit 5) $$;
create function vigie.words_with_former(words text, former text[]) returns text language sql immutable parallel safe as
  $$ select words || case when cardinality(former) > 0 then E'\n' || vigie.fold(array_to_string(former, E'\n')) else '' end $$;

create or replace function vigie.index_endpoint() returns trigger language plpgsql as $$ begin
  update endpoint_search set customer_id = new.customer_id,
    former_names = case when old.name_key <> new.name_key then vigie.add_former(former_names, array[old.name], new.name) else former_names end,
    words = vigie.words_with_former(new.search_key, case when old.name_key <> new.name_key then vigie.add_former(former_names, array[old.name], new.name) else former_names end)
  where partner_id = new.partner_id and endpoint_id = new.id;
  return null;
end $$;

-- A merge brings the other's names; taking it back takes its last name away again.
create function vigie.index_merge() returns trigger language plpgsql as $$
declare known text[]; own endpoint;
begin
  select * into own from endpoint where partner_id = new.partner_id and id = new.endpoint_id;
  select former_names into known from endpoint_search where partner_id = new.partner_id and endpoint_id = new.endpoint_id;
  if own.id is null or known is null then return null; end if;
  if new.undone_at is not null then
    known := array_remove(known, new.merged_name);
  else
    known := vigie.add_former(known, new.merged_name || coalesce((select former_names from endpoint_search where partner_id = new.partner_id and endpoint_id = new.merged_id), '{}'), own.name);
  end if;
  update endpoint_search set former_names = known, words = vigie.words_with_former(own.search_key, known) where partner_id = new.partner_id and endpoint_id = new.endpoint_id;
  return null;
end $$;
create trigger endpoint_merged after insert on endpoint_merge for each row execute function vigie.index_merge();
create trigger endpoint_parted after update of undone_at on endpoint_merge for each row when (old.undone_at is null and new.undone_at is not null) execute function vigie.index_merge();

update endpoint_search s set former_names = m.names, words = vigie.words_with_former(e.search_key, m.names)
from (select m.partner_id, m.endpoint_id, vigie.add_former('{}', array_agg(m.merged_name order by m.merged_at desc), min(e.name)) as names
      from endpoint_merge m join endpoint e on e.partner_id = m.partner_id and e.id = m.endpoint_id where m.undone_at is null group by 1, 2) m
  join endpoint e on e.partner_id = m.partner_id and e.id = m.endpoint_id
where s.partner_id = m.partner_id and s.endpoint_id = m.endpoint_id;

-- Threats that are still there, by name: read through as a whole, and there are few.
alter table infection add column threat_key text collate "C" not null generated always as (vigie.fold(threat)) stored;
create index infection_open_threat on infection (partner_id, threat_key, customer_id, product_id, category) where closed_at is null;
-- open events of a category, newest first: the events list asks it too
create index event_open_category on event (partner_id, category, last_raised_at, id) where state <> 'resolved';
