import { IdentityStore } from '../core/identity.ts'
import { loadProxy } from '../core/proxy-store.ts'
import { askAgent, lastStatus, type Status } from '../core/status.ts'
import type { EngineReport } from '../core/engine.ts'
import type { Context } from './context.ts'
import { CliError, type ExitName } from './exit-codes.ts'
import { icons } from './messages.ts'
import { loadSettings } from './settings.ts'
import { plain, type Sign } from './words.ts'

const stateSigns: Record<Status['state'] | 'not-running', Sign> = {
  online: 'fine',
  connecting: 'pending',
  waiting: 'warning',
  disabled: 'unknown',
  unregistered: 'action',
  'version-mismatch': 'action',
  refused: 'action',
  stopped: 'unknown',
  'not-running': 'action',
}

/** `vigie-agent status`: what the tray icon of other agents tells, in words, with cause and way out (AGT-5). */
export async function statusCommand(context: Context): Promise<ExitName> {
  const { t, say, stateFolder } = context
  const identity = await new IdentityStore(stateFolder).load()
  if (identity === null)
    throw new CliError('not-registered', 'agent.error.not-registered', { folder: stateFolder }, 'agent.error.not-registered.remedy')
  const live = await askAgent(stateFolder, 'status')
  if (live === null) await Promise.all([loadSettings(stateFolder), loadProxy(stateFolder)]) // what keeps it from starting is said, not how to start it
  const status = live ?? (await lastStatus(stateFolder))
  const state = live ? live.state : identity.isUnregistered ? 'unregistered' : 'not-running'
  const engine = (live?.engine ?? null) as EngineReport | null
  const problems = [live?.queue.problem, engine?.problem].filter((problem): problem is string => typeof problem === 'string')
  const exit: ExitName = !live
    ? identity.isUnregistered
      ? 'not-registered'
      : 'not-running'
    : live.state !== 'online'
      ? 'not-connected'
      : problems.length > 0
        ? 'engine-problem'
        : 'fine'
  context.sayJson({ ...status, state, icon: icons[state], isRunning: live !== null, exit })
  context.sayWith(stateSigns[state], t(`agent.status.${state}`))
  const detail = live?.detail ?? null
  if (detail) say(`  ${reason(context, detail)}`)
  if (t.has(`agent.status.${state}.remedy`)) say(`  ${t(`agent.status.${state}.remedy`)}`)
  for (const problem of problems) {
    context.sayWith('warning', t(`engine-problem.${problem}`))
    if (t.has(`engine-problem.${problem}.remedy`)) say(`  ${t(`engine-problem.${problem}.remedy`)}`)
  }
  if ((live?.infections ?? 0) > 0) context.sayWith('action', t('agent.status.infections', { infections: live!.infections }))
  if (live?.clockOffsetMs && Math.abs(live.clockOffsetMs) > 60_000)
    context.sayWith('warning', t('agent.status.clock', { seconds: Math.round(Math.abs(live.clockOffsetMs) / 1_000) }))
  say()
  const rows: [string, string][] = [
    [t('agent.status.icon'), t(`agent.icon.${icons[state]}`)],
    [t('agent.status.server'), identity.server],
    [t('agent.status.product'), plain(identity.product.description)],
    ['GUID', identity.guid],
    [t('agent.status.agent-id'), identity.agentId],
    [t('agent.status.version'), live?.version ?? status?.version ?? ''],
  ]
  if (live)
    rows.push(
      [t('agent.status.since'), when(context, live.since)],
      [t('agent.status.waiting-to-send'), t('agent.status.items', { items: live.queue.pending })],
    )
  if (live?.way) rows.push([t('agent.status.way'), way(context, live.way)])
  if (live?.site) rows.push(...siteRows(context, live.site))
  if (engine) rows.push(...engineRows(context, engine))
  const width = Math.max(...rows.map(([label]) => columns(label)))
  for (const [label, value] of rows) say(`  ${label}${' '.repeat(width - columns(label))}  ${value}`)
  return exit
}

/** By what it is connected, and why not by a WebSocket. */
const way = ({ t }: Context, { carrier, reason: cause }: NonNullable<Status['way']>): string =>
  carrier === 'websocket' ? 'WebSocket' : `${t('agent.status.way.polling')}${cause === null ? '' : ` (${t(`agent.connection.${cause}`)})`}`

/** AGT-8: where its endpoints reach it, how many do, and what waits to be passed on. */
function siteRows({ t }: Context, site: NonNullable<Status['site']>): [string, string][] {
  return [
    [t('agent.status.site'), site.problem !== null ? t(`site-problem.${site.problem}`) : site.urls.join(' ')],
    [t('agent.status.site.endpoints'), String(site.endpoints)],
    [t('agent.status.site.waiting'), `${Math.ceil(site.waitingBytes / 1_024)} KiB`],
  ]
}

function engineRows(context: Context, engine: EngineReport): [string, string][] {
  const { t } = context
  const unknown = t('agent.status.unknown')
  const built = engine.patternBuiltAt ? ` (${when(context, engine.patternBuiltAt)})` : ''
  return [
    [t('agent.status.engine'), engine.engineVersion ? `ClamAV ${plain(engine.engineVersion)}` : unknown],
    [t('agent.status.patterns'), engine.patternVersion ? `${plain(engine.patternVersion)}${built}` : unknown],
    [t('agent.status.updates-checked'), engine.updateCheckedAt ? when(context, engine.updateCheckedAt) : unknown],
    [t('agent.status.real-time-scan'), t(`real-time-scan.${engine.realTimeScan}`)],
    [
      t('agent.status.last-scan'),
      engine.scan.isRunning
        ? t('agent.status.scan-running')
        : engine.scan.finishedAt
          ? when(context, engine.scan.finishedAt)
          : t('agent.status.never'),
    ],
  ]
}

/** A problem code or a connection fault in words; a code of a newer server as it is. */
function reason({ t }: Context, detail: string): string {
  const key = [`problem.${detail}`, `agent.connection.${detail}`].find((one) => t.has(one))
  return key ? t(key) : plain(detail)
}

const when = ({ t }: Context, at: string): string =>
  new Intl.DateTimeFormat(t.locale, { dateStyle: 'medium', timeStyle: 'short' }).format(new Date(at))

/** Japanese letters are two columns wide on a terminal. */
const columns = (text: string): number =>
  [...text].reduce(
    (sum, letter) =>
      sum + (/[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe4f\uff00-\uff60\uffe0-\uffe6]/.test(letter) ? 2 : 1),
    0,
  )
