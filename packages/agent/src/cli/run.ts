import { agentVersion } from '../version.ts'
import { errorCode } from '../core/files.ts'
import { enrolPrepared } from '../core/enrol-later.ts'
import { IdentityStore } from '../core/identity.ts'
import { loadLeaving, saveLeaving } from '../core/leaving.ts'
import { textLog } from '../core/log.ts'
import { Agent, type AgentEnd } from './agent.ts'
import type { Context } from './context.ts'
import { CliError, type ExitName } from './exit-codes.ts'
import { untilForgotten } from './goodbye.ts'
import { launch } from './launch.ts'
import { launcherOf } from './launched.ts'
import { takeSelfAway } from './removal.ts'

export const runOptions = { launched: { type: 'boolean' } } as const

/**
 * `vigie-agent run`: the agent itself, in the foreground, until it is told to stop. The installed program is also the launcher of what an upgrade laid beside it (`--launched`, said by
 * the launcher alone).
 */
export async function runCommand({ stateFolder, values }: Context): Promise<ExitName> {
  const stopping = new AbortController()
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => stopping.abort())
  if (values['launched'] !== true)
    return await launch({ stateFolder, stop: stopping.signal, runHere: (launcher) => runAgent(stateFolder, stopping.signal, launcher) })
  const { launcher, ended } = launcherOf(process, agentVersion, stopping)
  const end = await runAgent(stateFolder, stopping.signal, launcher)
  return ended(end)
}

/** How the agent that ran here ended. `left`: it was ordered to go, and nothing of it is left but the program. */
export type RunEnd = Exclude<AgentEnd, 'leaving'> | 'left'

/** @throws CliError where there is nothing to run */
async function runAgent(stateFolder: string, stop: AbortSignal, launcher: { onWelcome: () => Promise<void> }): Promise<RunEnd> {
  const stopped = new Promise<'stopped'>((resolve) => stop.addEventListener('abort', () => resolve('stopped'), { once: true }))
  const leaving = await loadLeaving(stateFolder)
  if (leaving?.isTold) return await goAway(stateFolder)
  const identity =
    (await new IdentityStore(stateFolder).load()) ?? (await enrolPrepared(stateFolder, { log: textLog('info'), signal: stop }))
  if (stop.aborted) return 'stopped'
  if (identity === null)
    throw new CliError('not-registered', 'agent.error.not-registered', { folder: stateFolder }, 'agent.error.not-registered.remedy')
  if (identity.isUnregistered && leaving === null)
    throw new CliError('unregistered', 'agent.status.unregistered', {}, 'agent-state.unregistered.remedy')
  const agent = await Agent.start({ stateFolder, launcher }).catch((error: unknown) => {
    if (errorCode(error) === 'EADDRINUSE') throw new CliError('fault', 'agent.error.runs-already', { folder: stateFolder })
    throw error
  })
  const end = await Promise.race([stopped, agent!.ended])
  const record = end === 'stopped' ? null : await loadLeaving(stateFolder)
  if (record === null) {
    await agent!.stop(end === 'unregistered' || end === 'leaving' ? 'stopped' : end)
    return end === 'leaving' ? 'stopped' : end
  }
  await agent!.stop('uninstalled')
  if (!(await untilForgotten(stateFolder, stop))) return 'stopped'
  await saveLeaving(stateFolder, { ...record, isTold: true })
  return await goAway(stateFolder)
}

/** What can't be taken away now (a disk that became read-only) is tried again at the next start of the machine; the server knows us no more in any case. */
async function goAway(stateFolder: string): Promise<RunEnd> {
  const log = textLog('info')
  try {
    await takeSelfAway(stateFolder)
    log.info('uninstalled, as ordered')
    return 'left'
  } catch (error) {
    log.error('not registered any more, but not all of the agent could be taken away', { cause: String(error) })
    return 'unregistered'
  }
}
