import { compareVersions, type ReleaseTarget } from '@vigie/domain/agents'
import { Problem, type QueryOf } from '@vigie/domain/kernel'
import { byVersion, isReleaseVersion, type AgentVersions, type releasesApi } from '@vigie/domain/releases'
import type { TenantDb } from '../platform/index.ts'

interface ReleaseRow {
  version: string
  signed_at: Date
  expires_at: Date
  targets: ReleaseTarget[]
}
const releases = async (db: TenantDb): Promise<ReleaseRow[]> =>
  (
    await db.query<ReleaseRow>(
      'select r.version, r.signed_at, r.expires_at, array(select p.target from agent_release_package p where p.version = r.version order by 1) as targets from agent_release r',
    )
  ).rows

/** Plan: agent_version. */
export async function list(db: TenantDb, now: Date): Promise<AgentVersions> {
  const released = new Map((await releases(db)).map((row) => [row.version, row]))
  const { rows: approvals } = await db.query<{ version: string; by: string; at: Date }>(
    'select version, approved_by as by, approved_at as at from agent_release_approval',
  )
  const { rows: running } = await db.query<{ version: string; agents: number }>(
    `select agent_version as version, count(*)::integer as agents from agent where switch <> 'unregistered' and agent_version is not null group by 1`,
  )
  const counts = new Map(running.map(({ version, agents }) => [version, agents]))
  const olderThan = (version: string) =>
    isReleaseVersion(version)
      ? running.reduce((sum, one) => sum + (isReleaseVersion(one.version) && compareVersions(one.version, version) < 0 ? one.agents : 0), 0)
      : 0
  const approved = approvals.filter(({ version }) => released.has(version))
  const rows = [...new Set([...released.keys(), ...counts.keys()])].sort(byVersion).map((version) => {
    const release = released.get(version)
    const approval = approved.find((one) => one.version === version)
    return {
      version,
      agents: counts.get(version) ?? 0,
      olderAgents: olderThan(version),
      release: release
        ? {
            signedAt: release.signed_at.toISOString(),
            expiresAt: release.expires_at.toISOString(),
            isExpired: release.expires_at <= now,
            targets: release.targets,
          }
        : null,
      approval: approval ? { by: approval.by, at: approval.at.toISOString() } : null,
    }
  })
  const {
    rows: [root],
  } = await db.query('select from release_root limit 1')
  return { rows, approved: approved.map(({ version }) => version).sort(byVersion)[0] ?? null, hasRoot: root !== undefined }
}

/** Few enough to be put in order each time; the cursor is the last version shown. One that has gone since begins where it stood. */
export function page(
  all: AgentVersions,
  { limit, cursor, sort, q }: QueryOf<typeof releasesApi.listVersions>,
): AgentVersions & { nextCursor: string | null } {
  const inOrder = (a: string, b: string) => (sort === 'version' ? byVersion(b, a) : byVersion(a, b))
  const rows = all.rows
    .filter(({ version }) => (cursor === undefined || inOrder(cursor, version) < 0) && (q === undefined || version.includes(q)))
    .sort((a, b) => inOrder(a.version, b.version))
  const shown = rows.slice(0, limit)
  return { ...all, rows: shown, nextCursor: rows.length > shown.length ? shown.at(-1)!.version : null }
}

/** @throws release.not-found */
export async function assertThere(db: TenantDb, version: string): Promise<{ expiresAt: Date }> {
  const {
    rows: [row],
  } = await db.query<{ expires_at: Date }>('select expires_at from agent_release where version = $1', [version])
  if (!row) throw new Problem('release.not-found', { version })
  return { expiresAt: row.expires_at }
}

/** False: it was so already. */
export async function approve(db: TenantDb, version: string, by: { accountId: string; name: string }, now: Date): Promise<boolean> {
  const { rowCount } = await db.query(
    'insert into agent_release_approval (partner_id, version, approved_by_id, approved_by, approved_at) values ($1, $2, $3, $4, $5) on conflict do nothing',
    [db.tenant.partnerId, version, by.accountId, by.name, now],
  )
  return rowCount === 1
}

export async function withdraw(db: TenantDb, version: string): Promise<boolean> {
  return (await db.query('delete from agent_release_approval where version = $1', [version])).rowCount === 1
}

/** AGT-1: may agents of this business be told to run it? */
export async function isApproved(db: TenantDb, version: string, now: Date): Promise<boolean> {
  const { rowCount } = await db.query(
    'select from agent_release_approval a join agent_release r on r.version = a.version where a.version = $1 and r.expires_at > $2',
    [version, now],
  )
  return rowCount === 1
}

/** Commands that wait for their agents with this version; they were not handed over. */
export async function waitingFor(db: TenantDb, version: string): Promise<{ id: string }[]> {
  return (
    await db.query<{ id: string }>(
      `select id from command where type = 'upgrade-agent' and step = 'waiting' and frame -> 'order' -> 'params' ->> 'version' = $1`,
      [version],
    )
  ).rows
}
