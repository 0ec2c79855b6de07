import { readdir, readFile, stat } from 'node:fs/promises'
import { arch, cpus, hostname, release, totalmem, uptime } from 'node:os'
import { join, resolve } from 'node:path'
import { promisify } from 'node:util'
import { gzip } from 'node:zlib'
import { Secrets, tarOf, type TarEntry } from '../core/bundle.ts'
import { readText, writeAtomically } from '../core/files.ts'
import { IdentityStore } from '../core/identity.ts'
import { logFiles, logFolder } from '../core/log-file.ts'
import { loadProxy } from '../core/proxy-store.ts'
import { askAgent, lastStatus } from '../core/status.ts'
import { agentVersion } from '../version.ts'
import { takeReport } from './check.ts'
import { text, type Context } from './context.ts'
import type { ExitName } from './exit-codes.ts'
import { loadSettings } from './settings.ts'

export const collectOptions = { output: { type: 'string' } } as const

/** Of one log file: the newest part. Three of them and the rest stay below 8 MB, packed far below. */
const logBytes = 2_097_152

/**
 * `vigie-agent collect [--output FILE]` (AGT-10): what a colleague needs to help. Everything is listed here, nothing is copied as it lies there; keys, passwords and
 * enrolment keys are not read into it, and every text is searched for them once more before it goes in (R39). No name of a scanned or quarantined file leaves but what the log says.
 */
export async function collectCommand(context: Context): Promise<ExitName> {
  const { t, say, stateFolder } = context
  const at = new Date()
  const secrets = await Secrets.of(stateFolder)
  const texts: Record<string, string> = {
    'about.json': json({
      at: at.toISOString(),
      agentVersion,
      node: process.version,
      platform: process.platform,
      arch: arch(),
      kernel: release(),
      hostname: hostname(),
      cpus: cpus().length,
      memoryBytes: totalmem(),
      uptimeSeconds: Math.round(uptime()),
      osRelease: await readFile('/etc/os-release', 'utf8').catch(() => null),
    }),
    'check.json': json(await takeReport(stateFolder)),
    'status.json': json((await askAgent(stateFolder, 'status')) ?? (await lastStatus(stateFolder))),
    'identity.json': json(await publicIdentity(stateFolder)),
    'settings.json': json(await loadSettings(stateFolder).catch((error: unknown) => ({ error: String(error) }))),
    'proxy.json': json(await publicProxy(stateFolder)),
    'state-folder.txt': await listing(stateFolder),
  }
  for (const name of logFiles) {
    const log = await readFile(join(logFolder(stateFolder), name)).catch(() => null)
    if (log) texts[`log/${name}`] = log.subarray(-logBytes).toString('utf8')
  }
  const entries = Object.entries(texts).map(([name, content]): TarEntry => ({
    name: `vigie-agent-support/${name}`,
    content: Buffer.from(secrets.removedFrom(content)),
  }))
  const packed = await promisify(gzip)(tarOf(entries, at), { level: 9 })
  const file = resolve(
    text(context, 'output') ??
      `vigie-agent-support-${hostname()
        .replaceAll(/[^\w.-]/g, '_')
        .slice(0, 60)}-${at.toISOString().slice(0, 10)}.tar.gz`,
  )
  await writeAtomically(file, packed)
  say(t('agent.collect.done', { file, kilobytes: Math.ceil(packed.length / 1_000) }))
  context.sayJson({ file, sizeBytes: packed.length, files: Object.keys(texts) })
  return 'fine'
}

const json = (value: unknown): string => `${JSON.stringify(value, null, 2)}\n`

async function publicIdentity(stateFolder: string): Promise<unknown> {
  const identity = await new IdentityStore(stateFolder).load().catch(() => null)
  if (identity === null) return null
  const { privateKey: _, ...known } = identity
  return { ...known, ca: await readText(join(stateFolder, 'ca.pem')).catch(() => null) }
}

async function publicProxy(stateFolder: string): Promise<unknown> {
  const proxy = await loadProxy(stateFolder).catch(() => null)
  return (
    proxy && {
      protocol: proxy.protocol,
      host: proxy.host,
      port: proxy.port,
      auth: proxy.auth,
      signIn: proxy.user === null ? 'none' : proxy.password === '' ? 'name only' : 'complete',
    }
  )
}

/** Names, sizes, modes and times; no content. */
async function listing(folder: string, below = ''): Promise<string> {
  let lines = ''
  for (const name of (await readdir(join(folder, below)).catch(() => [] as string[])).toSorted()) {
    const path = join(below, name)
    const facts = await stat(join(folder, path)).catch(() => null)
    if (facts === null) continue
    lines += `${(facts.mode & 0o7777).toString(8).padStart(4, '0')} ${String(facts.size).padStart(12)} ${facts.mtime.toISOString()} ${path}${facts.isDirectory() ? '/' : ''}\n`
    if (facts.isDirectory() && name !== 'quarantine') lines += await listing(folder, path)
  }
  return lines
}
