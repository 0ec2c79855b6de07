import type pg from 'pg'

const columns = `select string_agg(format('  %I %s%s%s%s', a.attname, format_type(a.atttypid, a.atttypmod),
    case when a.attcollation <> 0 and a.attcollation <> (select typcollation from pg_type where oid = a.atttypid) then ' collate ' || (select quote_ident(collname) from pg_collation where oid = a.attcollation) else '' end,
    case when a.attnotnull then ' not null' else '' end,
    case when a.attidentity <> '' then ' generated ' || case a.attidentity when 'a' then 'always' else 'by default' end || ' as identity'
      when a.attgenerated <> '' then format(' generated always as (%s) %s', pg_get_expr(d.adbin, d.adrelid), case a.attgenerated when 's' then 'stored' else 'virtual' end)
      else coalesce(' default ' || pg_get_expr(d.adbin, d.adrelid), '') end), E',\\n' order by a.attnum)
  from pg_attribute a left join pg_attrdef d on d.adrelid = a.attrelid and d.adnum = a.attnum where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped`

const constraints = `select string_agg(format('  constraint %I %s', k.conname, pg_get_constraintdef(k.oid)), E',\\n' order by k.contype = 'p' desc, k.conname)
  from pg_constraint k where k.conrelid = c.oid and k.contype not in ('n', 't')`

/** Each gives lines of SQL that say what stands in the database, in an order that only depends on names. Partitions of a range are left out: time makes them. */
const questions: readonly { title: string; sql: string }[] = [
  {
    title: 'Schemas',
    sql: `select format('create schema %I;', nspname) || coalesce(${grants('nspacl', `format('schema %I', nspname)`)}, '') as line
      from pg_namespace where nspname !~ '^pg_' and nspname not in ('information_schema', 'public', 'pgboss') order by nspname`,
  },
  {
    title: 'Extensions',
    sql: `select format('create extension %I;', extname) as line from pg_extension where extname <> 'plpgsql' order by extname`,
  },
  {
    title: 'Types',
    sql: `select format('create type %I.%I as enum (%s);', n.nspname, t.typname, (select string_agg(quote_literal(enumlabel), ', ' order by enumsortorder) from pg_enum where enumtypid = t.oid)) as line
      from pg_type t join pg_namespace n on n.oid = t.typnamespace where t.typtype = 'e' and ${ours('n')} order by 1`,
  },
  {
    title: 'Functions',
    sql: `select pg_get_functiondef(p.oid) || ';' || coalesce(${grants('p.proacl', `format('function %s', p.oid::regprocedure)`)}, '') as line
      from pg_proc p join pg_namespace n on n.oid = p.pronamespace
      where ${ours('n')} and p.prokind in ('f', 'p') and not exists (select from pg_depend d where d.objid = p.oid and d.deptype = 'e') order by n.nspname, p.proname, p.oid::regprocedure::text`,
  },
  {
    title: 'Tables',
    sql: `select format(E'create %stable %I.%I (\\n%s\\n)%s;', case c.relpersistence when 'u' then 'unlogged ' else '' end, n.nspname, c.relname,
        concat_ws(E',\\n', (${columns}), (${constraints})), coalesce(' partition by ' || pg_get_partkeydef(c.oid), ''))
        || coalesce((select string_agg(E'\\n' || pg_get_indexdef(i.indexrelid) || ';', '' order by i.indexrelid::regclass::text)
          from pg_index i where i.indrelid = c.oid and not exists (select from pg_constraint k where k.conindid = i.indexrelid and k.conrelid = c.oid)), '')
        || case when c.relrowsecurity then format(E'\\nalter table %I.%I enable row level security;', n.nspname, c.relname) else '' end
        || case when c.relforcerowsecurity then format(E'\\nalter table %I.%I force row level security;', n.nspname, c.relname) else '' end
        || coalesce((select string_agg(format(E'\\ncreate policy %I on %I.%I%s for %s to %s%s%s;', policyname, schemaname, tablename, case permissive when 'RESTRICTIVE' then ' as restrictive' else '' end,
            lower(cmd), array_to_string(roles, ', '), E'\\n  using ' || qual, E'\\n  with check ' || with_check), '' order by policyname)
          from pg_policies where schemaname = n.nspname and tablename = c.relname), '')
        || coalesce((select string_agg(E'\\n' || pg_get_triggerdef(t.oid) || ';', '' order by t.tgname) from pg_trigger t where t.tgrelid = c.oid and not t.tgisinternal), '')
        || coalesce(${grants('c.relacl', `format('%I.%I', n.nspname, c.relname)`)}, '')
        || coalesce((select string_agg(g.text, '' order by a.attname) from pg_attribute a, lateral (select ${grants('a.attacl', `format('%I.%I', n.nspname, c.relname)`, `format(' (%I)', a.attname)`)} as text) g where a.attrelid = c.oid and a.attacl is not null), '') as line
      from pg_class c join pg_namespace n on n.oid = c.relnamespace where c.relkind in ('r', 'p') and not c.relispartition and ${ours('n')} order by n.nspname, c.relname`,
  },
  {
    title: 'Partitions that take what no other takes',
    sql: `select format('create table %I.%I partition of %s default;', n.nspname, c.relname, i.inhparent::regclass) as line
      from pg_class c join pg_namespace n on n.oid = c.relnamespace join pg_inherits i on i.inhrelid = c.oid
      where c.relispartition and c.relkind in ('r', 'p') and pg_get_expr(c.relpartbound, c.oid) = 'DEFAULT' and ${ours('n')} order by 1`,
  },
  {
    title: 'Views',
    sql: `select format(E'create view %I.%I%s as\\n%s', n.nspname, c.relname, ' with (' || array_to_string(c.reloptions, ', ') || ')', pg_get_viewdef(c.oid, true))
        || coalesce(${grants('c.relacl', `format('%I.%I', n.nspname, c.relname)`)}, '') as line
      from pg_class c join pg_namespace n on n.oid = c.relnamespace where c.relkind = 'v' and ${ours('n')} order by n.nspname, c.relname`,
  },
  {
    title: 'Sequences',
    sql: `select format('create sequence %I.%I;', n.nspname, c.relname) || coalesce(${grants('c.relacl', `format('sequence %I.%I', n.nspname, c.relname)`)}, '') as line
      from pg_class c join pg_namespace n on n.oid = c.relnamespace where c.relkind = 'S' and ${ours('n')}
      and not exists (select from pg_depend d where d.objid = c.oid and d.deptype in ('a', 'i')) order by n.nspname, c.relname`,
  },
]

/** @returns the migrated schema as one reads it in review: tables with their keys, indexes, policies and rights. Not meant to be run. */
export async function dumpSchema(client: pg.ClientBase): Promise<string> {
  const parts: string[] = ['-- The schema that the migrations make. Generated by `npm run gen`; read it, do not run it.']
  await client.query(`set search_path = ''`) // so that every name is written whole
  for (const { title, sql } of questions) {
    const { rows } = await client.query<{ line: string }>(sql)
    if (rows.length > 0) parts.push(`-- ${title}`, ...rows.map(({ line }) => line.trim()))
  }
  return `${parts.join('\n\n')}\n`
}

function ours(namespace: string): string {
  return `${namespace}.nspname !~ '^pg_' and ${namespace}.nspname not in ('information_schema', 'pgboss')`
}

/** Rights given to others than the owner, one line a role. */
function grants(acl: string, object: string, column = `''`): string {
  return `(select string_agg(format(E'\\ngrant %s%s on %s to %s;', privileges, ${column}, ${object}, role), '' order by role)
    from (select case x.grantee when 0 then 'public' else pg_get_userbyid(x.grantee) end as role, string_agg(lower(x.privilege_type), ', ' order by x.privilege_type) as privileges
      from aclexplode(${acl}) x where x.grantee <> x.grantor group by 1) g)`
}
