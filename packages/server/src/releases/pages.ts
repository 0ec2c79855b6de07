import type { ServerResponse } from 'node:http'
import { ReleaseVersion, releaseTargets, type ReleaseTarget } from '@vigie/domain/agents'
import { Problem } from '@vigie/domain/kernel'
import type { Services } from '../platform/index.ts'

/** R18: packages on their way at the same time, in this process. Agents that are told to wait try again with their order. */
const downloadsAtOnce = 64
let downloads = 0

/** The newest root, as agents get it with their registration; null: nobody said whose releases are believed. */
export async function releaseRoot({ database }: Pick<Services, 'database'>): Promise<string | null> {
  const [row] = await database.lookup<{ envelope: string }>('select envelope from release_root order by version desc limit 1')
  return row?.envelope ?? null
}

const rootPath = /^\/agent\/v1\/releases\/root\/([1-9]\d{0,6})$/
const releasePath = /^\/agent\/v1\/releases\/([0-9.]{5,20})(?:\/([a-z0-9-]{1,20}))?$/

/**
 * What agents fetch before an upgrade, word for word as it was signed: `root/N`, a version, a version's package. Nothing of the path becomes a file's name: it is a key that is there or is not.
 * False: the path is none of these. @throws route.not-found, server.busy
 */
export async function answerRelease({ database }: Pick<Services, 'database'>, url: string, response: ServerResponse): Promise<boolean> {
  const root = rootPath.exec(url)
  if (root) {
    const [row] = await database.lookup<{ envelope: string }>('select envelope from release_root where version = $1', [Number(root[1])])
    return document(response, row?.envelope)
  }
  const [, version, target] = releasePath.exec(url) ?? []
  if (version === undefined || !ReleaseVersion.safeParse(version).success) return false
  if (target === undefined) {
    const [row] = await database.lookup<{ envelope: string }>('select envelope from agent_release where version = $1', [version])
    return document(response, row?.envelope)
  }
  if (!(releaseTargets as readonly string[]).includes(target)) return false
  if (downloads >= downloadsAtOnce) throw new Problem('server.busy')
  downloads++
  try {
    await sendPackage(database, version, target as ReleaseTarget, response)
  } finally {
    downloads--
  }
  return true
}

function document(response: ServerResponse, envelope: string | undefined): true {
  if (envelope === undefined) throw new Problem('route.not-found')
  response
    .writeHead(200, {
      'content-type': 'application/json; charset=utf-8',
      'content-length': Buffer.byteLength(envelope),
      'cache-control': 'no-store',
      'x-content-type-options': 'nosniff',
    })
    .end(envelope)
  return true
}

/** One piece at a time: as slow as its reader, and no connection to the database is held meanwhile. */
async function sendPackage(
  database: Services['database'],
  version: string,
  target: ReleaseTarget,
  response: ServerResponse,
): Promise<void> {
  const [found] = await database.lookup<{ size_bytes: string; sha256: string }>(
    'select size_bytes, sha256 from agent_release_package where version = $1 and target = $2',
    [version, target],
  )
  if (!found) throw new Problem('route.not-found')
  response.writeHead(200, {
    'content-type': 'application/octet-stream',
    'content-length': Number(found.size_bytes),
    'x-sha256': found.sha256,
    'cache-control': 'no-store',
    'x-content-type-options': 'nosniff',
  })
  for (let position = 0; !response.destroyed; position++) {
    const [part] = await database.lookup<{ bytes: Buffer }>(
      'select bytes from agent_release_part where version = $1 and target = $2 and position = $3',
      [version, target, position],
    )
    if (!part) return void response.end()
    if (!response.write(part.bytes)) await drained(response)
  }
}

const drained = (response: ServerResponse): Promise<void> =>
  new Promise((resolve) => {
    const done = () => {
      response.off('drain', done)
      response.off('close', done)
      resolve()
    }
    response.on('drain', done)
    response.on('close', done)
  })
