import { Problem } from '@vigie/domain/kernel'
import { enrol } from '../core/enrol.ts'
import { ConnectionError, normalFingerprint } from '../core/https.ts'
import { IdentityStore, type Identity } from '../core/identity.ts'
import { loadProxy, saveProxy } from '../core/proxy-store.ts'
import { askAgent } from '../core/status.ts'
import { pause } from '../core/time.ts'
import { needed, text, type Context } from './context.ts'
import { CliError, type ExitName } from './exit-codes.ts'
import { hasSystemd, installService, ownCommand } from './service.ts'
import { askSecret } from './interactive.ts'
import { isSameProxy, passwordFrom, proxyOf, proxyOptions } from './proxy.ts'
import { plain } from './words.ts'

export const enrolOptions = {
  server: { type: 'string' },
  guid: { type: 'string' },
  key: { type: 'string' },
  user: { type: 'string' },
  'password-file': { type: 'string' },
  'ca-sha256': { type: 'string' },
  service: { type: 'boolean' },
  'no-service': { type: 'boolean' },
  replace: { type: 'boolean' },
  'command-key': { type: 'string' },
  'direct-ca-sha256': { type: 'string' },
  ...proxyOptions,
} as const

/** `vigie-agent enrol`: registers, then runs as a service where there is systemd and we are root. */
export async function enrolCommand(context: Context): Promise<ExitName> {
  const { t, stateFolder, say } = context
  const server = serverAddress(needed(context, 'server'))
  const guid = needed(context, 'guid').toLowerCase()
  const key = await secretOf(context)
  const caSha256 = normalFingerprint(needed(context, 'ca-sha256'))
  if (!/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(guid)) throw new CliError('usage', 'agent.error.guid')
  if (caSha256.length !== 64) throw new CliError('usage', 'agent.error.ca-sha256')
  const known = await new IdentityStore(stateFolder).load().catch(() => null)
  const isSame = known !== null && !known.isUnregistered && known.guid === guid && known.server === server
  if (known && !known.isUnregistered && !isSame && context.values.replace !== true)
    throw new CliError('refused', 'agent.error.registered-elsewhere', { guid: known.guid }, 'agent.error.registered-elsewhere.remedy')
  const proxy = await proxyOf(context)
  const identity = isSame
    ? known
    : await register(context, {
        stateFolder,
        server,
        guid,
        key,
        caSha256,
        proxy,
        site: siteOf(context),
        isReplacing: context.values.replace === true,
      })
  if (!isSameProxy(proxy, await loadProxy(stateFolder))) await saveProxy(stateFolder, proxy)
  say(t(isSame ? 'agent.enrol.already' : 'agent.enrol.done', { product: plain(identity.product.description) }))
  const isService =
    context.values['no-service'] !== true && (context.values.service === true || (process.getuid?.() === 0 && (await hasSystemd())))
  const state = isService ? await startService(context) : null
  if (!isService) say(t('agent.enrol.run-it', { command: [...(await ownCommand()), 'run', '--state', stateFolder].join(' ') }))
  context.sayJson({ agentId: identity.agentId, guid: identity.guid, server: identity.server, product: identity.product, isService, state })
  return 'fine'
}

/**
 * The one-use key; or, with `--user`, the customer's registration credentials (CUS-6): their password comes from a file, from standard input (`-`), or is asked for, so that no process
 * list and no history of a shell shows it. @throws CliError `usage`
 */
export async function secretOf(context: Context): Promise<string | { userName: string; password: string }> {
  const userName = text(context, 'user')
  if (userName === undefined) return needed(context, 'key')
  if (text(context, 'key') !== undefined) throw new CliError('usage', 'agent.error.option', { option: '--key' })
  const file = text(context, 'password-file')
  const password =
    file !== undefined ? await passwordFrom(file) : await askSecret(context.t('agent.ask.credentials-password', { user: userName }))
  if (password === '') throw new CliError('usage', 'agent.error.option-missing', { option: '--password-file' })
  return { userName, password: password.trim() }
}

/** AGT-8: the install command of a site's endpoint names what is to be trusted behind the site server. @throws CliError `usage` when half of it is missing */
function siteOf(context: Context): Parameters<typeof enrol>[0]['site'] {
  const commandKey = text(context, 'command-key')
  if (commandKey === undefined && text(context, 'direct-ca-sha256') === undefined) return null
  const directCa = normalFingerprint(needed(context, 'direct-ca-sha256'))
  if (directCa.length !== 64) throw new CliError('usage', 'agent.error.ca-sha256')
  return { commandKey: needed(context, 'command-key'), caSha256: directCa }
}

/** Asks up to four times where asking again may help. */
async function register(context: Context, options: Parameters<typeof enrol>[0]): Promise<Identity> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await enrol(options)
    } catch (error) {
      const isRetryable =
        error instanceof Problem
          ? error.kind.retry
          : error instanceof ConnectionError && ['timeout', 'closed', 'unreachable'].includes(error.reason)
      if (!isRetryable || attempt >= 4) throw error
      context.say(context.t('agent.enrol.again'))
      await pause(attempt * 2_000)
    }
  }
}

async function startService(context: Context): Promise<string | null> {
  const { t, say, sayWith, stateFolder } = context
  const complaint = await installService(stateFolder).catch((error: unknown) => String(error))
  if (complaint !== null) {
    sayWith('action', t('agent.enrol.service-failed', { complaint: plain(complaint) }))
    return null
  }
  for (let i = 0; i < 60; i++) {
    const status = await askAgent(stateFolder, 'status')
    if (status?.state === 'online') {
      say(t('agent.enrol.online'))
      return 'online'
    }
    await pause(500)
  }
  sayWith('pending', t('agent.enrol.not-online-yet'))
  return null
}

/** @throws CliError `usage` */
export function serverAddress(address: string): string {
  const url = URL.parse(address.includes('://') ? address : `https://${address}`)
  if (!url || url.protocol !== 'https:' || url.username || url.pathname !== '/' || url.search)
    throw new CliError('usage', 'agent.error.server')
  return url.origin
}

export const optional = text
