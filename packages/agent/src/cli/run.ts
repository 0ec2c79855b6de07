import { agentVersion } from '../version.ts'
import { errorCode } from '../core/files.ts'
import { enrolPrepared } from '../core/enrol-later.ts'
import { IdentityStore } from '../core/identity.ts'
import { textLog } from '../core/log.ts'
import { Agent, type AgentEnd } from './agent.ts'
import type { Context } from './context.ts'
import { CliError, type ExitName } from './exit-codes.ts'
import { launch } from './launch.ts'
import { launcherOf } from './launched.ts'

export const runOptions = { launched: { type: 'boolean' } } as const

/**
 * `vigie-agent run`: the agent itself, in the foreground, until it is told to stop. The installed program is also the launcher of what an upgrade laid beside it (`--launched`, said by
 * the launcher alone).
 */
export async function runCommand({ stateFolder, values }: Context): Promise<ExitName> {
  const stopping = new AbortController()
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => stopping.abort())
  if (values['launched'] !== true) return await launch({ stateFolder, stop: stopping.signal, runHere: (launcher) => runAgent(stateFolder, stopping.signal, launcher) })
  const { launcher, ended } = launcherOf(process, agentVersion, stopping)
  const end = await runAgent(stateFolder, stopping.signal, launcher)
  return ended(end)
}

/** @throws CliError where there is nothing to run */
async function runAgent(stateFolder: string, stop: AbortSignal, launcher: { onWelcome: () => Promise<void> }): Promise<AgentEnd> {
  const stopped = new Promise<'stopped'>((resolve) => stop.addEventListener('abort', () => resolve('stopped'), { once: true }))
  const identity = (await new IdentityStore(stateFolder).load()) ?? (await enrolPrepared(stateFolder, { log: textLog('info'), signal: stop }))
  if (stop.aborted) return 'stopped'
  if (identity === null) throw new CliError('not-registered', 'agent.error.not-registered', { folder: stateFolder }, 'agent.error.not-registered.remedy')
  if (identity.isUnregistered) throw new CliError('unregistered', 'agent.status.unregistered', {}, 'agent-state.unregistered.remedy')
  const agent = await Agent.start({ stateFolder, launcher }).catch((error: unknown) => {
    if (errorCode(error) === 'EADDRINUSE') throw new CliError('fault', 'agent.error.runs-already', { folder: stateFolder })
    throw error
  })
  const end = await Promise.race([stopped, agent!.ended])
  await agent!.stop(end === 'unregistered' ? 'stopped' : end)
  return end
}
