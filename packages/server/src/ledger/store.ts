import { createHash } from 'node:crypto'
import {
  activities,
  documentType,
  isAllowed,
  type Activity,
  type consentApi,
  type ConsentInput,
  type ConsentLine,
  type ConsentStanding,
  type Withheld,
} from '@vigie/domain/consent'
import { Problem, type QueryOf } from '@vigie/domain/kernel'
import { keyset, newId, Params, type TenantDb, type Vault } from '../platform/index.ts'

interface Row {
  id: string
  activity: Activity
  decision: 'given' | 'withdrawn'
  said_by: string
  said_on: string
  reference: string
  document: { name: string; sizeBytes: number } | null
  recorded_by: string
  recorded_at: Date
}
const columns = `l.id, l.activity, l.decision, l.said_by, l.said_on::text as said_on, l.reference, l.recorded_by, l.recorded_at,
  (select json_build_object('name', d.name, 'sizeBytes', coalesce(d.size_bytes, octet_length(d.content))) from consent_document d where d.partner_id = l.partner_id and d.id = l.document_id) as document`

const toLine = (row: Row): ConsentLine => ({
  id: row.id,
  activity: row.activity,
  decision: row.decision,
  saidBy: row.said_by,
  saidOn: row.said_on,
  reference: row.reference,
  document: row.document,
  recordedBy: row.recorded_by,
  recordedAt: row.recorded_at.toISOString(),
})

/** Every activity, in the order of the list. */
export async function standings(db: TenantDb, customerId: string): Promise<{ isStrict: boolean; standings: ConsentStanding[] }> {
  const { rows } = await db.query<Row>(
    `select ${columns} from consent_state s join consent l on l.partner_id = s.partner_id and l.id = s.consent_id where s.customer_id = $1`,
    [customerId],
  )
  const strict = await isStrict(db)
  const lines = new Map(rows.map((row) => [row.activity, toLine(row)]))
  return {
    isStrict: strict,
    standings: activities.map((activity) => {
      const line = lines.get(activity) ?? null
      const state = line?.decision ?? 'not-recorded'
      return { activity, state, isAllowed: isAllowed(state, strict), line }
    }),
  }
}

/** Plan: consent_customer. */
export async function list(
  db: TenantDb,
  customerId: string,
  query: QueryOf<typeof consentApi.listConsent>,
): Promise<{ rows: ConsentLine[]; nextCursor: string | null }> {
  const params = new Params()
  const where = [`l.customer_id = ${params.add(customerId)}`]
  if (query.activity) where.push(`l.activity = ${params.add(query.activity)}`)
  const page = keyset({ recordedAt: [{ sql: 'l.recorded_at', type: 'timestamptz' }] } as const, 'l.id', query, params)
  where.push(page.where)
  const { rows } = await db.query<Row & { keys: string[] }>(
    `select ${columns}, ${page.keys} as keys from consent l where ${where.join(' and ')} order by ${page.orderBy} limit ${params.add(page.limit)}`,
    params.values,
  )
  const shown = page.page(rows)
  return { rows: shown.rows.map(toLine), nextCursor: shown.nextCursor }
}

/** The bytes decide what a file is, its name nothing. @throws request.invalid */
function readDocument(document: NonNullable<ConsentInput['document']>): { bytes: Buffer; type: string } {
  const bytes = Buffer.from(document.content, 'base64')
  const type = documentType(bytes)
  if (type === null) throw new Problem('request.invalid', {}, { fields: [{ path: 'document', code: 'file.type' }] })
  return { bytes, type }
}

/** One line an activity, and what they make of it. The caller holds the gate. */
export async function add(
  db: TenantDb,
  vault: Vault,
  customerId: string,
  input: ConsentInput,
  by: { id: string; name: string },
  now: Date,
): Promise<{ lines: ConsentLine[]; documentHash: string | null }> {
  let documentId: string | null = null
  let documentHash: string | null = null
  if (input.document !== null) {
    const { bytes, type } = readDocument(input.document)
    documentId = newId(now)
    documentHash = createHash('sha256').update(bytes).digest('hex')
    const sealed = await vault.seal(db, 'secrets', contentOf(documentId), bytes.toString('base64'))
    await db.query(
      'insert into consent_document (partner_id, id, customer_id, name, type, content, size_bytes) values ($1, $2, $3, $4, $5, $6, $7)',
      [db.tenant.partnerId, documentId, customerId, input.document.name, type, sealed, bytes.length],
    )
  }
  const wanted = [...new Set(input.activities)]
  const ids = wanted.map(() => newId(now))
  await db.query(
    `insert into consent (partner_id, id, customer_id, activity, decision, said_by, said_on, reference, document_id, recorded_by_id, recorded_by, recorded_at)
     select $1, id, $4, activity, $5, $6, $7, $8, $9, $10, $11, $12 from unnest($2::uuid[], $3::text[]) line (id, activity)`,
    [
      db.tenant.partnerId,
      ids,
      wanted,
      customerId,
      input.decision,
      input.saidBy,
      input.saidOn,
      input.reference,
      documentId,
      by.id,
      by.name,
      now,
    ],
  )
  await db.query(
    `insert into consent_state (partner_id, customer_id, activity, decision, consent_id, since) select $1, $4, activity, $5, id, $6 from unnest($2::uuid[], $3::text[]) line (id, activity)
     on conflict (partner_id, customer_id, activity) do update set decision = excluded.decision, consent_id = excluded.consent_id, since = excluded.since`,
    [db.tenant.partnerId, ids, wanted, customerId, input.decision, now],
  )
  const { rows } = await db.query<Row>(`select ${columns} from consent l where l.id = any($1::uuid[]) order by l.id`, [ids])
  return { lines: rows.map(toLine), documentHash }
}

const contentOf = (documentId: string) => ({ table: 'consent_document', column: 'content', row: documentId })

/** @throws consent.no-document, also where the key that sealed it was destroyed */
export async function documentOf(
  db: TenantDb,
  vault: Vault,
  customerId: string,
  consentId: string,
): Promise<{ type: string; content: Buffer }> {
  const {
    rows: [row],
  } = await db.query<{ id: string; type: string; content: Buffer; is_sealed: boolean }>(
    'select d.id, d.type, d.content, d.size_bytes is not null as is_sealed from consent l join consent_document d on d.partner_id = l.partner_id and d.id = l.document_id where l.customer_id = $1 and l.id = $2',
    [customerId, consentId],
  )
  if (!row) throw new Problem('consent.no-document')
  if (!row.is_sealed) return row
  const opened = await vault.open(db, 'secrets', contentOf(row.id), row.content)
  if (opened === null) throw new Problem('consent.no-document')
  return { type: row.type, content: Buffer.from(opened, 'base64') }
}

const mostWithheld = 50

/** Customers whose rows the lists leave out. Plan: consent_state_decision; in a strict business the customers without a line besides. */
export async function withheld(
  db: TenantDb,
  activity: Activity,
  customerId: string | null,
): Promise<{ rows: Withheld[]; isMore: boolean }> {
  const strict = await isStrict(db)
  const { rows } = await db.query<{ id: string; company: string; decision: 'withdrawn' | null; since: Date | null }>(
    strict
      ? `select c.id, c.company, s.decision, s.since from customer c left join consent_state s on s.partner_id = c.partner_id and s.customer_id = c.id and s.activity = $1
         where s.decision is distinct from 'given' and ($3::uuid is null or c.id = $3) order by c.company_key, c.id limit $2`
      : `select c.id, c.company, s.decision, s.since from consent_state s join customer c on c.partner_id = s.partner_id and c.id = s.customer_id
         where s.activity = $1 and s.decision = 'withdrawn' and ($3::uuid is null or c.id = $3) order by c.company_key, c.id limit $2`,
    [activity, mostWithheld + 1, customerId],
  )
  return {
    rows: rows.slice(0, mostWithheld).map((row) => ({
      customerId: row.id,
      company: row.company,
      activity,
      state: row.decision ?? 'not-recorded',
      since: row.since?.toISOString() ?? null,
    })),
    isMore: rows.length > mostWithheld,
  }
}

export async function isStrict(db: TenantDb): Promise<boolean> {
  const {
    rows: [row],
  } = await db.query<{ is_consent_strict: boolean }>('select is_consent_strict from partner where id = $1', [db.tenant.partnerId])
  return row!.is_consent_strict
}
export async function setStrict(db: TenantDb, isConsentStrict: boolean): Promise<void> {
  await db.query('update partner set is_consent_strict = $2 where id = $1', [db.tenant.partnerId, isConsentStrict])
}
