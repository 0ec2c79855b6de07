import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { readFile, stat } from 'node:fs/promises'
import type { ServerResponse } from 'node:http'
import path from 'node:path'
import { pipeline } from 'node:stream/promises'
import { installScript } from '@vigie/domain/agents'
import { Problem } from '@vigie/domain/kernel'
import type { Services } from '../platform/index.ts'

const folder = path.resolve(import.meta.dirname, '../../../agent/dist')
export type Platform = 'linux-x64'
/** What `packages/agent/build.ts` writes beside its files: the one file for a platform once it is packed, a script for an installed Node.js before. */
interface Manifest {
  script: { file: string }
  packages: Partial<Record<Platform, { file: string }>>
}

/** The agent as it is installed: its script and its packages, built beside the server. */
export interface Packages {
  /** @throws agent.package-missing */
  installScript(services: Services): Promise<string>
  /** @throws agent.package-missing */
  send(response: ServerResponse, platform: Platform): Promise<void>
}

interface Found {
  file: string
  sizeBytes: number
  modifiedMs: number
  sha256: string
}

export function createPackages(from = folder): Packages {
  const known = new Map<Platform, Promise<Found>>()

  /** Hashed once, and again when the file changed. */
  async function find(platform: Platform): Promise<Found> {
    const manifest = await readFile(path.join(from, 'manifest.json'), 'utf8').then((text) => JSON.parse(text) as Manifest, () => null)
    if (!manifest) throw new Problem('agent.package-missing', { platform })
    const file = path.join(from, path.basename((manifest.packages[platform] ?? manifest.script).file))
    const seen = await stat(file).catch(() => null)
    if (!seen?.isFile()) throw new Problem('agent.package-missing', { platform })
    const before = await known.get(platform)?.catch(() => null)
    if (before && before.file === file && before.sizeBytes === seen.size && before.modifiedMs === seen.mtimeMs) return before
    const hashing = hash(file).then((sha256) => ({ file, sizeBytes: seen.size, modifiedMs: seen.mtimeMs, sha256 }))
    known.set(platform, hashing)
    return await hashing
  }

  return {
    async installScript(services) {
      const { sha256 } = await find('linux-x64')
      return installScript({ agentUrl: services.agentUrl, packageSha256: sha256 })
    },
    async send(response, platform) {
      const { file, sizeBytes, sha256 } = await find(platform)
      response.writeHead(200, {
        'content-type': 'application/octet-stream', 'content-length': sizeBytes, 'x-sha256': sha256, 'cache-control': 'no-cache', 'x-content-type-options': 'nosniff',
        'content-disposition': `attachment; filename="${path.basename(file)}"`,
      })
      await pipeline(createReadStream(file), response)
    },
  }
}

async function hash(file: string): Promise<string> {
  const sum = createHash('sha256')
  for await (const chunk of createReadStream(file)) sum.update(chunk as Buffer)
  return sum.digest('hex')
}
