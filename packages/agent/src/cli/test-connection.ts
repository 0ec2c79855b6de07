import { trustedCa } from '../core/enrol.ts'
import { asConnectionError, fetchPinnedCa } from '../core/https.ts'
import { IdentityStore } from '../core/identity.ts'
import { probe, probeSteps } from '../core/probe.ts'
import { text, type Context } from './context.ts'
import { serverAddress } from './enrol.ts'
import { CliError, type ExitName } from './exit-codes.ts'

export const testConnectionOptions = { server: { type: 'string' }, 'ca-sha256': { type: 'string' } } as const

/** `vigie-agent test-connection`: goes the way to the server step by step and says where it ends (AGT-5). Before enrolment with `--server` and `--ca-sha256`. */
export async function testConnectionCommand(context: Context): Promise<ExitName> {
  const { t, say, sayWith, stateFolder } = context
  const identity = await new IdentityStore(stateFolder).load()
  const asked = text(context, 'server')
  const server = asked ? serverAddress(asked) : identity?.server
  const pinned = text(context, 'ca-sha256')
  if (!server) throw new CliError('not-registered', 'agent.error.not-registered', { folder: stateFolder }, 'agent.error.not-registered.remedy')
  if (!identity && !pinned) throw new CliError('usage', 'agent.error.option-missing', { option: '--ca-sha256' })
  const ca = pinned ? await fetchPinnedCa(server, pinned).catch((error: unknown) => asConnectionError(error)) : await trustedCa(stateFolder)
  say(t('agent.probe.title', { server }))
  const isPinWrong = typeof ca !== 'string' && ca.reason === 'ca-differs'
  const { results, clockOffsetMs } = await probe(server, typeof ca === 'string' ? ca : '')
  const shown = isPinWrong ? [...results.filter(({ step }) => step === 'name' || step === 'port'), { step: 'certificate' as const, isGood: false, fault: 'ca-differs' as const, ms: 0, detail: null }] : results
  for (const { step, isGood, fault, ms, detail } of shown) {
    sayWith(isGood ? 'fine' : 'action', `${t(`agent.probe.${step}`)}: ${isGood ? t('agent.probe.good') : t(`agent.connection.${fault}`)}${detail ? ` (${detail})` : ''}, ${ms} ms`)
    if (fault) say(`  ${t(`agent.connection.${fault}.remedy`)}`)
  }
  for (const step of probeSteps.slice(shown.length)) sayWith('unknown', `${t(`agent.probe.${step}`)}: ${t('agent.probe.not-tried')}`)
  if (clockOffsetMs !== null && Math.abs(clockOffsetMs) > 60_000) sayWith('warning', t('agent.status.clock', { seconds: Math.round(Math.abs(clockOffsetMs) / 1_000) }))
  const isGood = shown.length === probeSteps.length && shown.every((result) => result.isGood)
  context.sayJson({ server, isGood, clockOffsetMs, steps: shown })
  return isGood ? 'fine' : 'not-connected'
}
