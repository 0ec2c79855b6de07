import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import * as z from 'zod'
import { Instant } from '@vigie/domain/kernel'
import { agentVersion } from '../version.ts'
import { privateFolder, readText, writeAtomically } from '../core/files.ts'
import { Identity, IdentityStore } from '../core/identity.ts'
import { loadProxy, saveProxy } from '../core/proxy-store.ts'
import { ProxySettings } from '../core/proxy.ts'
import { loadTrust, saveTrust, Trust } from '../core/release-trust.ts'
import { askAgent } from '../core/status.ts'
import type { Context } from './context.ts'
import { CliError, type ExitName } from './exit-codes.ts'
import { loadSettings, saveSettings, Settings } from './settings.ts'

export const backupOptions = { 'with-identity': { type: 'boolean' } } as const
export const restoreOptions = { 'with-identity': { type: 'boolean' } } as const

const format = 'vigie-agent settings 1'
/** One file, for root only: it holds the proxy's password, and the identity's key when that was asked for. */
const Backup = z.object({
  format: z.literal(format),
  at: Instant,
  agentVersion: z.string(),
  settings: Settings,
  proxy: ProxySettings.extend({ password: z.string() }).nullable(),
  /** Only by `--with-identity`: two machines that use one identity are clones (R10), so it is left out otherwise. */
  identity: z.object({ identity: Identity, ca: z.string(), releaseTrust: Trust.nullable().default(null) }).nullable(),
})

/** `vigie-agent backup FILE [--with-identity]` */
export async function backupCommand(context: Context): Promise<ExitName> {
  const { t, say, stateFolder } = context
  const file = fileOf(context, 'backup')
  const identity = context.values['with-identity'] === true ? await new IdentityStore(stateFolder).load() : null
  if (context.values['with-identity'] === true && identity === null)
    throw new CliError('not-registered', 'agent.error.not-registered', { folder: stateFolder }, 'agent.error.not-registered.remedy')
  const backup: z.infer<typeof Backup> = {
    format,
    at: new Date().toISOString(),
    agentVersion,
    settings: await loadSettings(stateFolder),
    proxy: await loadProxy(stateFolder),
    identity: identity && {
      identity,
      ca: (await readText(join(stateFolder, 'ca.pem'))) ?? '',
      releaseTrust: await loadTrust(stateFolder),
    },
  }
  await writeAtomically(file, `${JSON.stringify(backup, null, 2)}\n`)
  say(t('agent.backup.done', { file }))
  if (identity) context.sayWith('warning', t('agent.backup.clone'))
  context.sayJson({ file, hasIdentity: identity !== null })
  return 'fine'
}

/** `vigie-agent restore FILE [--with-identity]`: all settings at once, or none. */
export async function restoreCommand(context: Context): Promise<ExitName> {
  const { t, say, sayWith, stateFolder } = context
  const file = fileOf(context, 'restore')
  const text = await readFile(file, 'utf8').catch(() => {
    throw new CliError('usage', 'agent.error.file', { file })
  })
  const parsed = Backup.safeParse(tryJson(text))
  if (!parsed.success) throw new CliError('usage', 'agent.restore.not-a-backup', { file }, 'agent.restore.not-a-backup.remedy')
  const { settings, proxy, identity } = parsed.data
  const isIdentityWanted = context.values['with-identity'] === true
  if (isIdentityWanted) await restoreIdentity(stateFolder, identity)
  await saveProxy(stateFolder, proxy)
  await saveSettings(stateFolder, settings)
  const isTaken = (await askAgent(stateFolder, 'reload')) !== null
  say(t(isTaken ? 'agent.configure.taken' : 'agent.configure.saved'))
  if (isIdentityWanted) sayWith('warning', t('agent.backup.clone'))
  else if (identity) say(t('agent.restore.without-identity'))
  context.sayJson({ isIdentityRestored: isIdentityWanted, isTaken })
  return 'fine'
}

/** Never under a running agent, never over another registration. The counters are not restored: the server finds an identity whose count went back, and heals it as a copy (R10). */
async function restoreIdentity(stateFolder: string, kept: z.infer<typeof Backup>['identity']): Promise<void> {
  if (kept === null) throw new CliError('usage', 'agent.restore.no-identity')
  if ((await askAgent(stateFolder, 'status')) !== null)
    throw new CliError('refused', 'agent.error.stop-first', {}, 'agent.error.stop-first.remedy')
  const store = new IdentityStore(stateFolder)
  const known = await store.load().catch(() => null)
  if (known && !known.isUnregistered && known.agentId !== kept.identity.agentId)
    throw new CliError('refused', 'agent.error.registered-elsewhere', { guid: known.guid }, 'agent.error.registered-elsewhere.remedy')
  await privateFolder(stateFolder)
  await writeAtomically(store.caPath(), kept.ca)
  // whose releases are believed goes with the registration; what this machine has seen since is never unseen (R17)
  if (kept.releaseTrust !== null && (await loadTrust(stateFolder)) === null) await saveTrust(stateFolder, kept.releaseTrust)
  await store.save(kept.identity)
}

function fileOf({ operands }: Context, command: 'backup' | 'restore'): string {
  const [file] = operands
  if (file === undefined) throw new CliError('usage', 'agent.error.file-missing', { command })
  return file
}

function tryJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return null
  }
}
