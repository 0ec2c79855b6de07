import { trustedCa } from '../core/enrol.ts'
import { asConnectionError, fetchPinnedCa } from '../core/https.ts'
import { IdentityStore } from '../core/identity.ts'
import { longPolling, probe, stepsOf } from '../core/probe.ts'
import { proxyAddress } from '../core/proxy-store.ts'
import { text, type Context } from './context.ts'
import { serverAddress } from './enrol.ts'
import { CliError, type ExitName } from './exit-codes.ts'
import { proxyOf, proxyOptions } from './proxy.ts'
import { labelled } from './words.ts'

export const testConnectionOptions = { server: { type: 'string' }, 'ca-sha256': { type: 'string' }, ...proxyOptions } as const

/** `vigie-agent test-connection`: goes the way to the server step by step and says where it ends (AGT-5). Before enrolment with `--server` and `--ca-sha256`. */
export async function testConnectionCommand(context: Context): Promise<ExitName> {
  const { t, say, sayWith, stateFolder } = context
  const identity = await new IdentityStore(stateFolder).load()
  const asked = text(context, 'server')
  const server = asked ? serverAddress(asked) : identity?.server
  const pinned = text(context, 'ca-sha256')
  if (!server)
    throw new CliError('not-registered', 'agent.error.not-registered', { folder: stateFolder }, 'agent.error.not-registered.remedy')
  if (!identity && !pinned) throw new CliError('usage', 'agent.error.option-missing', { option: '--ca-sha256' })
  const proxy = await proxyOf(context)
  const ca = pinned
    ? await fetchPinnedCa(server, pinned, proxy).catch((error: unknown) => asConnectionError(error))
    : await trustedCa(stateFolder)
  say(t('agent.probe.title', { server }))
  if (proxy) say(`  ${t('agent.probe.by-proxy', { proxy: proxyAddress(proxy) })}`)
  const isPinWrong = typeof ca !== 'string' && ca.reason === 'ca-differs'
  const { results, clockOffsetMs, isGood: isWayGood } = await probe(server, typeof ca === 'string' ? ca : '', proxy)
  const shown = isPinWrong
    ? [
        ...results.filter(({ step }) => !['certificate', 'answer', 'channel', 'clock'].includes(step)),
        { step: 'certificate' as const, isGood: false, fault: 'ca-differs' as const, ms: 0, detail: null },
      ]
    : results
  for (const { step, isGood, fault, ms, detail } of shown) {
    sayWith(
      fault === null ? 'fine' : isGood || fault === 'clock-off' ? 'warning' : 'action',
      `${labelled(t.locale, t(`agent.probe.${step}`), fault === null ? t('agent.probe.good') : t(`agent.connection.${fault}`))}${detail ? ` (${detail === longPolling ? t('agent.status.way.polling') : detail})` : ''}, ${ms} ms`,
    )
    if (fault) say(`  ${t(`agent.connection.${fault}.remedy`)}`)
  }
  for (const step of stepsOf(proxy).slice(shown.length))
    sayWith('unknown', labelled(t.locale, t(`agent.probe.${step}`), t('agent.probe.not-tried')))
  const isGood = isWayGood && !isPinWrong
  context.sayJson({ server, proxy: proxy && proxyAddress(proxy), isGood, clockOffsetMs, steps: shown })
  return isGood ? 'fine' : 'not-connected'
}
