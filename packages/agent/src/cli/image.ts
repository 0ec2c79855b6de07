import { readdir, readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { enrolLater, laterPath, loadLater } from '../core/enrol-later.ts'
import { normalFingerprint, fingerprintOf } from '../core/https.ts'
import { X509Certificate } from 'node:crypto'
import { readText } from '../core/files.ts'
import { IdentityStore } from '../core/identity.ts'
import { silentLog } from '../core/log.ts'
import { askAgent } from '../core/status.ts'
import { pause } from '../core/time.ts'
import { Agent } from './agent.ts'
import { text, waitMs, type Context } from './context.ts'
import { serverAddress } from './enrol.ts'
import { CliError, type ExitName } from './exit-codes.ts'

export const imageOptions = {
  discard: { type: 'boolean' },
  guid: { type: 'string' },
  key: { type: 'string' },
  server: { type: 'string' },
  'ca-sha256': { type: 'string' },
  'wait-seconds': { type: 'string' },
} as const

/** What a copy may bring along: how the agent is set up, whom it trusts, how it registers. All else is one machine's. */
const keptNames = new Set(['settings.json', 'proxy.json', 'proxy-secret', 'ca.pem', 'enrol-at-boot.json', 'clamav'])

/** `vigie-agent image prepare|check` (AGT-9): a master image whose copies are no clones. */
export async function imageCommand(context: Context): Promise<ExitName> {
  const [what] = context.operands
  if (what === 'prepare') return prepare(context)
  if (what === 'check') return check(context)
  throw new CliError('usage', 'agent.error.choice', { choices: 'prepare, check' })
}

/**
 * Gives up this machine's registration and everything that makes two copies look like one: identity, counters, queue, logs, the engine's memory. With `--guid --key` (an
 * endpoint key: good for many) each copy registers itself at its first boot. May be repeated; a death in the middle is repaired by giving the command again.
 */
async function prepare(context: Context): Promise<ExitName> {
  const { t, say, sayWith, stateFolder } = context
  if ((await askAgent(stateFolder, 'status')) !== null)
    throw new CliError('refused', 'agent.error.stop-first', {}, 'agent.error.stop-first.remedy')
  const identity = await new IdentityStore(stateFolder).load()
  const later = await wantedLater(context, identity?.server ?? null)
  const left =
    identity && !identity.isUnregistered
      ? await giveUp(stateFolder, context.values.discard === true, waitMs(context, context.values.discard === true ? 5 : 15))
      : null
  if (later) await enrolLater(stateFolder, later)
  let removed = 0
  for (const name of await readdir(stateFolder).catch(() => [])) {
    if (keptNames.has(name)) continue
    await rm(join(stateFolder, name), { recursive: true, force: true })
    removed++
  }
  for (const name of await readdir(join(stateFolder, 'clamav')).catch(() => []))
    if (name !== 'quarantine') await rm(join(stateFolder, 'clamav', name), { recursive: true, force: true })
  say(t('agent.image.prepared'))
  if (left?.wasTold === false) sayWith('warning', t('agent.uninstall.server-not-told'))
  if (left && left.pending > 0) sayWith('warning', t('agent.change-guid.discard', { items: left.pending }))
  say(t((await loadLater(stateFolder)) ? 'agent.image.registers-itself' : 'agent.image.register-by-hand'))
  context.sayJson({
    isPrepared: true,
    removed,
    wasServerTold: left?.wasTold ?? null,
    discarded: left?.pending ?? 0,
    registersItself: (await loadLater(stateFolder)) !== null,
  })
  return 'fine'
}

async function wantedLater(context: Context, known: string | null): Promise<Parameters<typeof enrolLater>[1] | null> {
  const [guid, key] = [text(context, 'guid')?.toLowerCase(), text(context, 'key')]
  if (guid === undefined && key === undefined) return null
  if (guid === undefined || key === undefined)
    throw new CliError('usage', 'agent.error.option-missing', { option: guid === undefined ? '--guid' : '--key' })
  if (!/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(guid)) throw new CliError('usage', 'agent.error.guid')
  const asked = text(context, 'server')
  const server = asked ? serverAddress(asked) : known
  if (server === null) throw new CliError('usage', 'agent.error.option-missing', { option: '--server' })
  const ca = await readText(join(context.stateFolder, 'ca.pem'))
  const pin = text(context, 'ca-sha256') ?? (ca === null ? null : fingerprintOf(new X509Certificate(ca)))
  if (pin === null) throw new CliError('usage', 'agent.error.option-missing', { option: '--ca-sha256' })
  if (normalFingerprint(pin).length !== 64) throw new CliError('usage', 'agent.error.ca-sha256')
  return { server, guid, key, caSha256: normalFingerprint(pin) }
}

/** Sends what waits and says goodbye for good. @throws CliError when something waits that can't be sent, unless it may be discarded */
async function giveUp(stateFolder: string, mayDiscard: boolean, patienceMs: number): Promise<{ wasTold: boolean; pending: number }> {
  const agent = await Agent.start({ stateFolder, log: silentLog, isQuiet: true })
  if (agent === null) return { wasTold: false, pending: 0 }
  for (let i = 0; i < 300; i++) {
    const { state, queue } = agent.status()
    if ((state === 'online' && queue.pending === 0) || state === 'unregistered' || (i >= patienceMs / 100 && state !== 'online')) break
    await pause(100)
  }
  const { state, queue } = agent.status()
  if (queue.pending > 0 && !mayDiscard && state !== 'unregistered') {
    await agent.stop()
    throw new CliError('refused', 'agent.image.pending', { items: queue.pending }, 'agent.image.pending.remedy')
  }
  await agent.stop('uninstalled')
  return { wasTold: state === 'online' || state === 'unregistered', pending: queue.pending }
}

/** Whether copies of this machine would be machines of their own. */
async function check(context: Context): Promise<ExitName> {
  const { t, stateFolder } = context
  const names = await readdir(stateFolder).catch(() => [] as string[])
  const machineId = await readFile('/etc/machine-id', 'utf8').then(
    (id) => id.trim(),
    () => '',
  )
  const quarantined = (await readdir(join(stateFolder, 'clamav', 'quarantine')).catch(() => [])).length
  const isRunning = (await askAgent(stateFolder, 'status')) !== null
  const faults = [
    ...(isRunning ? ['running'] : []),
    ...(names.includes('identity.json') || names.includes('attempt.json') || names.includes('change') ? ['identity'] : []),
    ...(names.some((name) => name.startsWith('counters.') || name === 'queue') ? ['queue'] : []),
    ...(names.includes('log') || names.includes('status.json') ? ['traces'] : []),
  ]
  const warnings = [
    ...((await loadLater(stateFolder)) === null ? ['no-key'] : []),
    ...(machineId !== '' && machineId !== 'uninitialized' ? ['machine-id'] : []),
    ...(quarantined > 0 ? ['quarantine'] : []),
  ]
  for (const fault of faults) context.sayWith('action', t(`agent.image.fault.${fault}`))
  if (faults.length > 0) context.say(`  ${t('agent.image.fault.remedy')}`)
  for (const warning of warnings) context.sayWith('warning', t(`agent.image.warning.${warning}`))
  if (faults.length === 0) context.sayWith('fine', t('agent.image.safe'))
  context.sayJson({
    isSafe: faults.length === 0,
    faults,
    warnings,
    keyFile: names.includes('enrol-at-boot.json') ? laterPath(stateFolder) : null,
  })
  return faults.length === 0 ? 'fine' : 'refused'
}
