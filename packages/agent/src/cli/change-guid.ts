import { X509Certificate } from 'node:crypto'
import { rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { enrol, trustedCa } from '../core/enrol.ts'
import { privateFolder } from '../core/files.ts'
import { fingerprintOf, normalFingerprint } from '../core/https.ts'
import { IdentityStore, type Identity } from '../core/identity.ts'
import { silentLog } from '../core/log.ts'
import { loadProxy } from '../core/proxy-store.ts'
import { Queue } from '../core/queue.ts'
import { loadTrust, saveTrust } from '../core/release-trust.ts'
import { askAgent } from '../core/status.ts'
import { pause } from '../core/time.ts'
import { Agent } from './agent.ts'
import { needed, text, waitMs, type Context } from './context.ts'
import { secretOf, serverAddress } from './enrol.ts'
import { CliError, type ExitName } from './exit-codes.ts'
import { hasSystemd, isInstalled, startService, stopService } from './service.ts'
import { stopProcess } from './service-commands.ts'
import { loadSettings } from './settings.ts'
import { plain } from './words.ts'

export const changeGuidOptions = {
  guid: { type: 'string' },
  key: { type: 'string' },
  user: { type: 'string' },
  'password-file': { type: 'string' },
  server: { type: 'string' },
  'ca-sha256': { type: 'string' },
  queue: { type: 'string' },
  'wait-seconds': { type: 'string' },
} as const
const ways = ['send', 'keep', 'discard'] as const

/**
 * `vigie-agent change-guid --guid --key`: another registration for this installation. Nothing is given up before the new one is certain: it is made beside the old one
 * (`change/`), so that a wrong key or a dead line leaves all as it was, and a death in the middle is repaired by giving the command again.
 *
 * What still waits to be sent belongs to the old GUID, perhaps another customer's: `--queue send` (the usual) sends it there first and refuses when it can't;
 * `keep` tells it under the new GUID; `discard` gives it up.
 */
export async function changeGuidCommand(context: Context): Promise<ExitName> {
  const { t, say, sayWith, stateFolder } = context
  const store = new IdentityStore(stateFolder)
  const old = await store.load()
  if (old === null)
    throw new CliError('not-registered', 'agent.error.not-registered', { folder: stateFolder }, 'agent.error.not-registered.remedy')
  const guid = needed(context, 'guid').toLowerCase()
  if (!/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(guid)) throw new CliError('usage', 'agent.error.guid')
  const way = ways.find((one) => one === (text(context, 'queue') ?? 'send'))
  if (!way) throw new CliError('usage', 'agent.error.choice', { choices: ways.join(', ') })
  const asked = text(context, 'server')
  const server = asked ? serverAddress(asked) : old.server
  if (old.guid === guid && old.server === server && !old.isUnregistered) {
    say(t('agent.enrol.already', { product: plain(old.product.description) }))
    return 'fine'
  }
  const caSha256 = normalFingerprint(text(context, 'ca-sha256') ?? fingerprintOf(new X509Certificate(await trustedCa(stateFolder))))
  const wasRunning = (await askAgent(stateFolder, 'status')) !== null
  const isService = (await hasSystemd()) && (await isInstalled())

  const beside = await privateFolder(join(stateFolder, 'change'))
  const made = await new IdentityStore(beside).load().catch(() => null)
  const wanted =
    made?.guid === guid && made.server === server
      ? made
      : await enrol({ stateFolder: beside, server, guid, key: await secretOf(context), caSha256, proxy: await loadProxy(stateFolder) })
  const told = old.isUnregistered
    ? { wasTold: null, pending: 0 }
    : await leave(context, way === 'send', waitMs(context, way === 'send' ? 10 : 5))
  if (isService) await stopService()
  await stopProcess(stateFolder)
  await take(stateFolder, beside, old, way)

  say(t('agent.change-guid.done', { product: plain(wanted.product.description) }))
  if (told.pending > 0) say(t(`agent.change-guid.${way}`, { items: told.pending }))
  if (told.wasTold === false) sayWith('warning', t('agent.uninstall.server-not-told'))
  if (isService && wasRunning) await startService()
  else if (wasRunning) sayWith('pending', t('agent.change-guid.start-again'))
  context.sayJson({
    guid,
    agentId: wanted.agentId,
    formerAgentId: old.agentId,
    queue: way,
    pending: told.pending,
    wasServerTold: told.wasTold,
  })
  return 'fine'
}

/** Sends what waits (if so ordered), then says goodbye for good to the old registration. @throws CliError `refused` when something waits that can't be sent */
async function leave(context: Context, mustSend: boolean, patienceMs: number): Promise<{ wasTold: boolean; pending: number }> {
  const { stateFolder } = context
  const live = await askAgent(stateFolder, 'status')
  const agent = live === null ? await Agent.start({ stateFolder, log: silentLog, isQuiet: true }) : null
  const look = async () => (agent ? agent.status() : await askAgent(stateFolder, 'status'))
  let last = await look()
  for (let i = 0; i < 300 && last && (last.state !== 'online' || (mustSend && last.queue.pending > 0)); i++) {
    if (i >= patienceMs / 100 && last.state !== 'online') break
    await pause(100)
    last = await look()
  }
  const pending = last?.queue.pending ?? 0
  if (mustSend && pending > 0) {
    await agent?.stop()
    throw new CliError('refused', 'agent.change-guid.pending', { items: pending }, 'agent.change-guid.pending.remedy')
  }
  const wasTold = last?.state === 'online'
  if (agent) await agent.stop('uninstalled')
  else {
    await askAgent(stateFolder, 'uninstall')
    for (let i = 0; i < 150 && (await askAgent(stateFolder, 'status')) !== null; i++) await pause(100)
  }
  return { wasTold, pending }
}

/** The CA first, the identity last: until then the old one stands. */
async function take(stateFolder: string, beside: string, old: Identity, way: (typeof ways)[number]): Promise<void> {
  const { queueLimitBytes: limitBytes } = await loadSettings(stateFolder)
  const queue = await Queue.open(join(stateFolder, 'queue'), { limitBytes, now: () => new Date(), log: silentLog })
  if (way === 'discard') queue.acknowledge(queue.lastSeq)
  await queue.startEpoch() // another registration counts from 1
  await queue.close()
  await rename(join(beside, 'ca.pem'), join(stateFolder, 'ca.pem')).catch(() => {}) // taken by an earlier try
  await rename(join(beside, 'identity.json'), join(stateFolder, 'identity.json'))
  await rm(join(stateFolder, `counters.${old.agentId}`), { force: true })
  const trust = await loadTrust(beside)
  if (trust !== null && (await loadTrust(stateFolder)) === null) await saveTrust(stateFolder, trust)
  await rm(beside, { recursive: true, force: true })
}
