-- A person's name as its owner writes it: the family first where it begins with a Chinese, Japanese or Korean character, as `nameOf` of domain/kernel (OPS-4).
create function vigie.person_name(first_name text, last_name text) returns text language sql immutable parallel safe as
  $$ select case when last_name ~ '^[\u1100-\u11ff\u2e80-\u3005\u3007-\u302f\u3038-\u303b\u3041-\u30fa\u30fd-\u30ff\u3131-\u318e\u31f0-\u9fff\ua960-\ua97c\uac00-\ufad9\uff66-\uff6f\uff71-\uff9d\uffa0-\uffdc\U00016fe2-\U00016ff6\U0001aff0-\U0001b167\U00020000-\U0003ffff]'
       then last_name || ' ' || first_name else first_name || ' ' || last_name end $$;
grant execute on function vigie.person_name(text, text) to vigie_app;
