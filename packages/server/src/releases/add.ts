import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { readdir, readFile, stat } from 'node:fs/promises'
import path from 'node:path'
import {
  acceptRelease,
  Envelope,
  followRoots,
  readFirstRoot,
  ReleaseDocument,
  releaseTargets,
  RootDocument,
  type ReleaseTarget,
} from '@vigie/domain/agents'
import { Problem } from '@vigie/domain/kernel'
import type { Services } from '../platform/index.ts'
import { crypto } from './crypto.ts'

/** As they lie in the folder that `tools/release.ts` makes. */
export const releaseFile = 'release.json'
export const rootsFolder = 'roots'
export const packageFile = (version: string, target: ReleaseTarget): string => `vigie-agent-${version}-${target}.br`
const partBytes = 1_048_576

type Owner = Pick<Services, 'database' | 'clock'>
type Tables = Pick<Services['database']['owner'], 'query'>

/**
 * Says whose releases this installation carries: the first root, or those after the one it has. Agents that register from now on get it, and believe nobody else.
 * @throws ReleaseRefused; Problem release.root-known when another first root is there: replacing it would leave every agent behind
 */
export async function trust({ database, clock }: Owner, file: string): Promise<Trusted> {
  const text = await readFile(file, 'utf8')
  const known = await roots(database.owner)
  const latest = known.at(-1)
  if (latest === undefined) {
    const signed = readFirstRoot(text, clock.now(), crypto)
    return await keepRoot(database.owner, text, signed, clock.now())
  }
  if (known.some(({ envelope }) => signedOf(envelope) === signedOf(text))) return trusted(signedOf(text))
  const before = signedOf(latest.envelope)
  const signed = followRoots(before, [text], crypto)
  if (signed === before) throw new Problem('release.root-known', { version: latest.version })
  return await keepRoot(database.owner, text, signed, clock.now())
}

async function keepRoot(owner: Tables, envelope: string, signed: string, now: Date): Promise<Trusted> {
  const { root, sha256 } = trusted(signed)
  await owner.query('insert into release_root (version, envelope, added_at) values ($1, $2, $3)', [root.version, envelope, now])
  return { root, sha256 }
}

/** Oldest first. */
async function roots(owner: Tables): Promise<{ version: number; envelope: string }[]> {
  return (await owner.query<{ version: number; envelope: string }>('select version, envelope from release_root order by version')).rows
}

export interface Added {
  version: string
  sequence: number
  expiresAt: string
  targets: ReleaseTarget[]
}

/**
 * Takes a release in, believed by the same lines as at the agents: what they would refuse never gets here, and what does get here unbelieved (somebody writes into the database) they refuse.
 * Files, document and newer roots are there for all processes at once, or not at all.
 * @throws ReleaseRefused; Problem release.no-root, release.file-wrong
 */
export async function add({ database, clock }: Owner, folder: string): Promise<Added> {
  for (const file of await readdir(path.join(folder, rootsFolder))
    .catch(() => [])
    .then((names) => names.filter((name) => /^\d+\.json$/.test(name)).sort((a, b) => parseInt(a) - parseInt(b)))) {
    if (parseInt(file) > ((await roots(database.owner)).at(-1)?.version ?? Infinity))
      await trust({ database, clock }, path.join(folder, rootsFolder, file))
  }
  const root = (await roots(database.owner)).at(-1)
  if (root === undefined) throw new Problem('release.no-root')
  const envelope = await readFile(path.join(folder, releaseFile), 'utf8')
  const { version, packages, sequence, signedAt, expiresAt } = unread(envelope)
  const {
    rows: [last],
  } = await database.owner.query<{ sequence: string; envelope: string }>(
    'select sequence, envelope from agent_release order by sequence desc limit 1',
  )
  const targets = releaseTargets.filter((target) => packages[target] !== undefined)
  for (const target of targets) {
    acceptRelease(
      {
        root: signedOf(root.envelope),
        sequence: Number(last?.sequence ?? 0),
        documentSha256: last ? crypto.sha256(signedOf(last.envelope)) : '',
        latestAt: new Date(0).toISOString(),
      },
      { roots: [], release: envelope, version, current: '0.0.0', target, now: clock.now() },
      crypto,
    )
    const file = path.join(folder, packageFile(version, target))
    const { sizeBytes, sha256 } = packages[target]!
    if ((await stat(file)).size !== sizeBytes || (await sha256Of(file)) !== sha256)
      throw new Problem('release.file-wrong', { file: path.basename(file) })
  }
  if (targets.length === 0) throw new Problem('release.file-wrong', { file: releaseFile })

  const client = await database.owner.connect()
  try {
    await client.query('begin')
    for (const table of ['agent_release', 'agent_release_package', 'agent_release_part'])
      await client.query(`delete from ${table} where version = $1`, [version])
    await client.query(
      'insert into agent_release (version, sequence, envelope, signed_at, expires_at, added_at) values ($1, $2, $3, $4, $5, $6)',
      [version, sequence, envelope, signedAt, expiresAt, clock.now()],
    )
    for (const target of targets) {
      const hash = createHash('sha256')
      await client.query('insert into agent_release_package (version, target, size_bytes, sha256) values ($1, $2, $3, $4)', [
        version,
        target,
        packages[target]!.sizeBytes,
        packages[target]!.sha256,
      ])
      let position = 0
      for await (const bytes of createReadStream(path.join(folder, packageFile(version, target)), {
        highWaterMark: partBytes,
      }) as AsyncIterable<Buffer>) {
        hash.update(bytes)
        await client.query('insert into agent_release_part (version, target, position, bytes) values ($1, $2, $3, $4)', [
          version,
          target,
          position++,
          bytes,
        ])
      }
      // it may have changed between the look and the reading
      if (hash.digest('hex') !== packages[target]!.sha256) throw new Problem('release.file-wrong', { file: packageFile(version, target) })
    }
    await client.query('commit')
  } catch (error) {
    await client.query('rollback')
    throw error
  } finally {
    client.release()
  }
  return { version, sequence, expiresAt, targets }
}

/** Its approvals go too: should the version's name ever come back, people look again. False: there is none. */
export async function remove({ database }: Owner, version: string): Promise<boolean> {
  const { rowCount } = await database.owner.query(
    `with approvals as (delete from agent_release_approval where version = $1), parts as (delete from agent_release_part where version = $1), packages as (delete from agent_release_package where version = $1)
     delete from agent_release where version = $1`,
    [version],
  )
  return rowCount === 1
}

export interface Listed {
  version: string
  sequence: string
  signed_at: Date
  expires_at: Date
  targets: string[]
  approvals: number
}
export async function listForOperator({ database }: Owner): Promise<{ rootVersion: number | null; rows: Listed[] }> {
  const { rows } = await database.owner.query<Listed>(
    `select r.version, r.sequence, r.signed_at, r.expires_at, (select array_agg(p.target order by p.target) from agent_release_package p where p.version = r.version) as targets,
       (select count(*)::integer from agent_release_approval a where a.version = r.version) as approvals
     from agent_release r order by r.sequence desc`,
  )
  return { rootVersion: (await roots(database.owner)).at(-1)?.version ?? null, rows }
}

/** What stands in a document, before anybody believes it. @throws Problem release.file-wrong */
function unread(envelope: string): ReleaseDocument {
  try {
    return ReleaseDocument.parse(JSON.parse(signedOf(envelope)))
  } catch (error) {
    throw new Problem('release.file-wrong', { file: releaseFile }, { cause: error })
  }
}
const signedOf = (envelope: string): string => {
  try {
    return Envelope.parse(JSON.parse(envelope)).signed
  } catch (error) {
    throw new Problem('release.file-wrong', { file: 'root' }, { cause: error })
  }
}
/** `sha256`: of the document as it was signed, to be compared with its signers'. */
interface Trusted {
  root: RootDocument
  sha256: string
}
const trusted = (signed: string): Trusted => ({ root: RootDocument.parse(JSON.parse(signed)), sha256: crypto.sha256(signed) })

async function sha256Of(file: string): Promise<string> {
  const hash = createHash('sha256')
  for await (const chunk of createReadStream(file)) hash.update(chunk as Buffer)
  return hash.digest('hex')
}
