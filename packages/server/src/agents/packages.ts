import { createReadStream } from 'node:fs'
import { readFile, stat } from 'node:fs/promises'
import type { ServerResponse } from 'node:http'
import path from 'node:path'
import { pipeline } from 'node:stream/promises'
import { installScript } from '@vigie/domain/agents'
import { Problem } from '@vigie/domain/kernel'
import * as z from 'zod'
import type { Services } from '../platform/index.ts'

const built = path.resolve(import.meta.dirname, '../../../agent/dist')
export const platforms = ['linux-x64', 'linux-x64.deb', 'linux-arm64', 'linux-arm64.deb'] as const
export type Platform = (typeof platforms)[number]

/** The agent as it is installed: its script and its packages, built beside the server. */
export interface Packages {
  /** @throws agent.package-missing */
  installScript(services: Services): Promise<string>
  /** @throws agent.package-missing */
  send(response: ServerResponse, platform: Platform): Promise<void>
}

/** What the agent's build leaves beside its packages; it is replaced whole, after them. */
const Manifest = z.object({
  packages: z.record(
    z.string(),
    z.object({ file: z.string().regex(/^[\w.-]+$/), sha256: z.string().regex(/^[0-9a-f]{64}$/), sizeBytes: z.number().int() }).optional(),
  ),
})

/** @param from folder of the agent's build */
export function createPackages(from = built): Packages {
  /** Read anew each time: the agent may be built, or built again, while we run. */
  async function find(platform: Platform) {
    const text = await readFile(path.join(from, 'manifest.json'), 'utf8').catch(() => '{"packages":{}}')
    const found = Manifest.parse(JSON.parse(text)).packages[platform]
    const file = found && path.join(from, found.file)
    const size = file === undefined ? undefined : (await stat(file).catch(() => null))?.size
    if (!found || !file || size !== found.sizeBytes) throw new Problem('agent.package-missing', { platform })
    return { ...found, file, name: found.file }
  }

  return {
    async installScript({ agentUrl }) {
      const { sha256 } = await find('linux-x64')
      const arm64Sha256 = await find('linux-arm64').then(
        (found) => found.sha256,
        () => null,
      )
      return installScript({ agentUrl, packageSha256: sha256, arm64Sha256 })
    },
    async send(response, platform) {
      const { file, name, sizeBytes, sha256 } = await find(platform)
      response.writeHead(200, {
        'content-type': 'application/octet-stream',
        'content-length': sizeBytes,
        'x-sha256': sha256,
        'cache-control': 'no-cache',
        'x-content-type-options': 'nosniff',
        'content-disposition': `attachment; filename="${name}"`,
      })
      await pipeline(createReadStream(file), response)
    },
  }
}
