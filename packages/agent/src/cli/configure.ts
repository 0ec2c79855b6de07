import { ZodError } from 'zod'
import { trustedCa } from '../core/enrol.ts'
import { errorCode, privateFolder } from '../core/files.ts'
import { IdentityStore } from '../core/identity.ts'
import { probe } from '../core/probe.ts'
import { loadProxy, proxyAddress, saveProxy } from '../core/proxy-store.ts'
import type { Proxy } from '../core/proxy.ts'
import { askAgent } from '../core/status.ts'
import { text, type Context } from './context.ts'
import { serverAddress } from './enrol.ts'
import { CliError, type ExitName } from './exit-codes.ts'
import { askPerson } from './interactive.ts'
import { isSameProxy, proxyOf, proxyOptions } from './proxy.ts'
import { loadSettings, saveSettings, type Settings } from './settings.ts'
import { plain } from './words.ts'

/** Each option, and where it stands in the settings. A list is comma-separated; `default` forgets what was set. */
const places = {
  'log-level': { path: ['logLevel'], kind: 'text' },
  'set-language': { path: ['language'], kind: 'text' },
  'queue-limit-mb': { path: ['queueLimitBytes'], kind: 'megabytes' },
  'clamd-conf': { path: ['engines', 'clamav', 'clamdConf'], kind: 'text' },
  'freshclam-conf': { path: ['engines', 'clamav', 'freshclamConf'], kind: 'text' },
  'clamd-socket': { path: ['engines', 'clamav', 'clamdSocket'], kind: 'text' },
  'scan-paths': { path: ['engines', 'clamav', 'scanPaths'], kind: 'list' },
  'site-role': { path: ['site', 'isOn'], kind: 'switch' },
  'site-host': { path: ['site', 'host'], kind: 'text' },
  'site-port': { path: ['site', 'port'], kind: 'number' },
  'exclude-paths': { path: ['engines', 'clamav', 'excludePaths'], kind: 'list' },
} as const
type Place = (typeof places)[keyof typeof places]

export const configureOptions = {
  ...(Object.fromEntries(Object.keys(places).map((name) => [name, { type: 'string' }])) as Record<keyof typeof places, { type: 'string' }>),
  server: { type: 'string' },
  'on-access': { type: 'string' },
  'on-access-action': { type: 'string' },
  interactive: { type: 'boolean', short: 'i' },
  ...proxyOptions,
} as const

/** `vigie-agent configure`: changes what the options say, shows all settings; a running agent takes them at once. */
export async function configureCommand(context: Context): Promise<ExitName> {
  const { t, say, stateFolder } = context
  await privateFolder(stateFolder).catch((error: unknown) => {
    throw ['EACCES', 'EPERM', 'EROFS'].includes(errorCode(error)) ? new CliError('not-allowed', 'agent.error.not-allowed') : error
  })
  if (context.values.interactive === true) await askPerson(context)
  const before = await loadSettings(stateFolder)
  const wanted = change(JSON.parse(JSON.stringify(before)), context)
  const isChanged = JSON.stringify(wanted) !== JSON.stringify(before)
  const [proxyBefore, proxy] = [await loadProxy(stateFolder), await proxyOf(context)]
  const server = await moveServer(context, proxy)
  const isProxyChanged = !isSameProxy(proxyBefore, proxy)
  if (isProxyChanged) await saveProxy(stateFolder, proxy)
  const settings = isChanged
    ? await saveSettings(stateFolder, wanted).catch((error: unknown) => {
        if (error instanceof ZodError)
          throw new CliError('usage', 'agent.error.setting', { setting: optionOf(error.issues[0]?.path ?? []) })
        throw error
      })
    : before
  if (isChanged || isProxyChanged) {
    const isTaken = (await askAgent(stateFolder, 'reload')) !== null
    say(t(isTaken ? 'agent.configure.taken' : 'agent.configure.saved'))
  }
  const shown = { server, proxy: proxy && { address: proxyAddress(proxy), auth: proxy.auth, hasPassword: proxy.password !== '' }, settings }
  context.sayJson(shown)
  for (const [option, value] of inOptions(shown)) say(`  ${option.padEnd(22)} ${plain(value)}`)
  return 'fine'
}

/** All of it, each by the option that changes it. A kept password shows as stars. */
function inOptions({
  server,
  proxy,
  settings,
}: {
  server: string | null
  proxy: ShownProxy | null
  settings: Settings
}): [string, string][] {
  const { onAccess } = settings.engines.clamav as { onAccess: 'auto' | { paths: string[]; action: string } | null }
  const rows: [string, unknown][] = [
    ['server', server],
    ['proxy', proxy?.address ?? 'none'],
    ...(proxy === null ? [] : ([['proxy-auth', proxy.auth]] as [string, string][])),
    ...(proxy?.hasPassword === true ? ([['proxy-password-file', '****']] as [string, string][]) : []),
    ...Object.entries(places).map(([name, place]): [string, unknown] => [name, written(valueAt(settings, place.path), place)]),
    ['on-access', onAccess === null ? 'off' : onAccess === 'auto' ? 'auto' : onAccess.paths],
    ...(onAccess !== null && onAccess !== 'auto' ? ([['on-access-action', onAccess.action]] as [string, string][]) : []),
  ]
  return rows.map(([name, value]) => [`--${name}`, value === null || String(value) === '' ? '-' : String(value)])
}
type ShownProxy = { address: string; auth: string; hasPassword: boolean }

/** As `read` takes it. */
const written = (value: unknown, { kind }: Place): unknown =>
  kind === 'switch' ? (value === true ? 'on' : 'off') : kind === 'megabytes' ? Number(value) / 1_048_576 : value

const valueAt = (settings: unknown, path: readonly string[]): unknown =>
  path.reduce((place, name) => (place as Record<string, unknown>)[name], settings)

/** How the person named what is wrong. */
function optionOf(path: readonly PropertyKey[]): string {
  const place = path.join('.')
  const option = Object.entries(places).find(([, { path }]) => place.startsWith(path.join('.')))?.[0]
  return option ? `--${option}` : place.startsWith('engines.clamav.onAccess') ? '--on-access' : place
}

function change(settings: Record<string, unknown>, context: Context): Record<string, unknown> {
  for (const [name, place] of Object.entries(places)) {
    const value = text(context, name)
    if (value !== undefined) put(settings, place.path, value === 'default' ? undefined : read(value, place))
  }
  const paths = text(context, 'on-access')
  const action = text(context, 'on-access-action')
  const clamav = (settings.engines as { clamav: { onAccess: 'auto' | { paths: string[]; action: string } | null } }).clamav
  const before = typeof clamav.onAccess === 'object' ? clamav.onAccess : null
  if (paths === 'off') clamav.onAccess = null
  else if (paths === 'auto') clamav.onAccess = 'auto'
  else if (paths !== undefined) clamav.onAccess = { paths: paths.split(','), action: action ?? before?.action ?? 'block' }
  else if (action !== undefined && before) before.action = action
  return settings
}

function read(value: string, { kind }: Place): unknown {
  if (kind === 'switch') return value === 'on' ? true : value === 'off' ? false : value
  if (kind === 'number') return /^\d+$/.test(value) ? Number(value) : value
  if (kind === 'list') return value.split(',').filter((part) => part !== '')
  return kind === 'megabytes' ? Math.round(Number(value) * 1_048_576) : value
}

function put(settings: Record<string, unknown>, path: readonly string[], value: unknown): void {
  let place = settings
  for (const name of path.slice(0, -1)) place = place[name] as Record<string, unknown>
  const last = path.at(-1)!
  if (value === undefined) delete place[last]
  else place[last] = value
}

/** Another address of the same installation: taken only if its certificate is by the CA we trust. */
async function moveServer(context: Context, proxy: Proxy | null): Promise<string | null> {
  const { stateFolder } = context
  const store = new IdentityStore(stateFolder)
  const identity = await store.load()
  const asked = text(context, 'server')
  if (asked === undefined || identity === null) return identity?.server ?? null
  const server = serverAddress(asked)
  const { results } = await probe(server, await trustedCa(stateFolder), proxy)
  const failed = results.find(({ isGood, step }) => !isGood && step !== 'clock')
  if (failed) throw new CliError('not-connected', `agent.connection.${failed.fault}`, {}, `agent.connection.${failed.fault}.remedy`)
  const channel = new URL(identity.channel)
  await store.save({ ...identity, server, channel: `${server.replace(/^https/, 'wss')}${channel.pathname}` })
  context.say(context.t('agent.configure.server', { server }))
  return server
}
