import {
  builtInTemplateById,
  builtInTemplates,
  checkValues,
  type SettingValues,
  type Template,
  type TemplateInput,
  type TemplateVersion,
} from '@vigie/domain/settings'
import { Problem } from '@vigie/domain/kernel'
import type { Family } from '@vigie/domain/products'
import { likePattern, newId, uniqueViolation, type speaker, type TenantDb } from '../platform/index.ts'

const mostTemplates = 200
const mostVersions = 500

interface Row {
  id: string
  name: string
  version: number
  about: string
  families: Family[]
  values: Record<string, SettingValues[string]>
  made_by: string
  made_at: Date
  follower_count: number
}
const select = `select t.id, t.name, t.version, v.about, v.families, v.values, v.made_by, v.made_at,
    (select count(*)::integer from setting_layer l where l.template_id = t.id) as follower_count
  from setting_template t join setting_template_version v on v.partner_id = t.partner_id and v.template_id = t.id and v.number = t.version`
const toTemplate = (row: Row): Template => ({
  id: row.id,
  name: row.name,
  about: row.about,
  families: row.families,
  isBuiltIn: false,
  version: row.version,
  values: row.values,
  changedBy: row.made_by,
  changedAt: row.made_at.toISOString(),
  followerCount: row.follower_count,
})

/** All: at most 200, and those that are there from the start, which come first. */
export async function list(
  db: TenantDb,
  { q, family, sort }: { q?: string | undefined; family?: Family | undefined; sort: string },
  say: ReturnType<typeof speaker>,
): Promise<Template[]> {
  const { rows } = await db.query<Row>(
    `${select} where ($1::text is null or t.name_key like vigie.fold($1)) and ($2::text is null or $2 = any(v.families)) order by t.name_key ${sort.startsWith('-') ? 'desc' : ''}, t.id limit ${mostTemplates}`,
    [q ? likePattern(q) : null, family ?? null],
  )
  const followers = await builtInFollowers(db)
  const builtIn = builtInTemplates
    .filter((template) => !family || template.family === family)
    .map((template) => builtInTemplate(template.id, followers, say))
    .filter((template) => !q || template.name.toLowerCase().includes(q.toLowerCase()))
  return [...builtIn, ...rows.map(toTemplate)]
}

async function builtInFollowers(db: TenantDb): Promise<Map<string, number>> {
  const { rows } = await db.query<{ id: string; count: number }>(
    'select template_id as id, count(*)::integer as count from setting_layer where template_id = any($1) group by 1',
    [builtInTemplates.map(({ id }) => id)],
  )
  return new Map(rows.map(({ id, count }) => [id, count]))
}
function builtInTemplate(id: string, followers: ReadonlyMap<string, number>, say: ReturnType<typeof speaker>): Template {
  const { family, values } = builtInTemplateById.get(id)!
  return {
    id,
    name: say(`template.built-in.${family}`),
    about: '',
    families: [family],
    isBuiltIn: true,
    version: 1,
    values: { ...values },
    changedBy: null,
    changedAt: null,
    followerCount: followers.get(id) ?? 0,
  }
}

/** `lock`: `share` while it is applied, so that it is not deleted meanwhile. @throws template.not-found */
export async function get(
  db: TenantDb,
  id: string,
  say: ReturnType<typeof speaker>,
  lock: 'share' | 'update' | null = null,
): Promise<Template> {
  if (builtInTemplateById.has(id)) return builtInTemplate(id, await builtInFollowers(db), say)
  const {
    rows: [row],
  } = await db.query<Row>(`${select} where t.id = $1 ${lock === null ? '' : `for ${lock} of t`}`, [id])
  if (!row) throw new Problem('template.not-found', { templateId: id })
  return toTemplate(row)
}

/** @throws template.not-found, template.built-in */
export async function lock(db: TenantDb, id: string, say: ReturnType<typeof speaker>): Promise<Template> {
  const template = await get(db, id, say, 'update')
  if (template.isBuiltIn) throw new Problem('template.built-in', { templateId: id })
  return template
}

export async function latestVersionOf(db: TenantDb, id: string): Promise<number | null> {
  const {
    rows: [row],
  } = await db.query<{ version: number }>('select version from setting_template where id = $1', [id])
  return row?.version ?? null
}

/** @throws request.invalid */
export function checked(input: TemplateInput): TemplateInput {
  const { values, errors } = checkValues(input.values)
  if (errors.length > 0) throw new Problem('request.invalid', {}, { fields: errors })
  return { ...input, values: values as TemplateInput['values'], families: [...new Set(input.families)] }
}

/** @throws template.name-taken, template.too-many */
export async function add(db: TenantDb, input: TemplateInput, by: string, now: Date): Promise<string> {
  const {
    rows: [held],
  } = await db.query<{ count: number }>('select count(*)::integer as count from setting_template')
  if (held!.count >= mostTemplates) throw new Problem('template.too-many', {})
  const id = newId(now)
  await withFreeName(() =>
    db.query('insert into setting_template (partner_id, id, name, version, created_at) values ($1, $2, $3, 1, $4)', [
      db.tenant.partnerId,
      id,
      input.name,
      now,
    ]),
  )
  await addVersion(db, id, 1, input, by, now)
  return id
}

/** Every save is a version. The caller has the lock. @throws template.name-taken, template.too-many */
export async function save(db: TenantDb, before: Template, input: TemplateInput, by: string, now: Date): Promise<void> {
  if (before.version >= mostVersions) throw new Problem('template.too-many', {})
  await withFreeName(() =>
    db.query('update setting_template set name = $2, version = $3 where id = $1', [before.id, input.name, before.version + 1]),
  )
  await addVersion(db, before.id, before.version + 1, input, by, now)
}

async function addVersion(db: TenantDb, id: string, number: number, input: TemplateInput, by: string, now: Date): Promise<void> {
  await db.query(
    'insert into setting_template_version (partner_id, template_id, number, name, about, families, values, made_by, made_at) values ($1, $2, $3, $4, $5, $6, $7, $8, $9)',
    [db.tenant.partnerId, id, number, input.name, input.about, input.families, JSON.stringify(input.values), by, now],
  )
}

/** The unique index decides. */
async function withFreeName(write: () => Promise<unknown>): Promise<void> {
  try {
    await write()
  } catch (error) {
    if (uniqueViolation(error) !== 'setting_template_name') throw error
    throw new Problem('template.name-taken', {}, { cause: error, fields: [{ path: 'name', code: 'template.name-taken' }] })
  }
}

/** The caller has the lock. What others see and we do not uses it as well. @throws template.in-use */
export async function remove(db: TenantDb, id: string): Promise<void> {
  const isUsed = await db.widely(
    async () => (await db.query('select from setting_layer where template_id = $1 limit 1', [id])).rowCount > 0,
  )
  if (isUsed) throw new Problem('template.in-use', { templateId: id })
  await db.query('delete from setting_template where id = $1', [id])
}

/** Newest first. */
export async function versions(db: TenantDb, template: Template): Promise<TemplateVersion[]> {
  if (template.isBuiltIn)
    return [
      {
        number: 1,
        name: template.name,
        about: '',
        families: template.families,
        values: template.values,
        madeBy: 'Vigie',
        madeAt: '2026-11-21T00:00:00.000Z',
      },
    ]
  const { rows } = await db.query<{
    number: number
    name: string
    about: string
    families: Family[]
    values: Record<string, SettingValues[string]>
    made_by: string
    made_at: Date
  }>(
    'select number, name, about, families, values, made_by, made_at from setting_template_version where template_id = $1 order by number desc limit 500',
    [template.id],
  )
  return rows.map(({ made_by: madeBy, made_at, ...row }) => ({ ...row, madeBy, madeAt: made_at.toISOString() }))
}
