import { errorCode } from '../core/files.ts'
import { enrolPrepared } from '../core/enrol-later.ts'
import { IdentityStore } from '../core/identity.ts'
import { textLog } from '../core/log.ts'
import { Agent } from './agent.ts'
import type { Context } from './context.ts'
import { CliError, type ExitName } from './exit-codes.ts'

/** `vigie-agent run`: the agent itself, in the foreground, until it is told to stop. */
export async function runCommand({ stateFolder }: Context): Promise<ExitName> {
  const stopping = new AbortController()
  const stopped = new Promise<'stopped'>((resolve) => {
    for (const signal of ['SIGTERM', 'SIGINT'] as const) {
      process.once(signal, () => {
        stopping.abort()
        resolve('stopped')
      })
    }
  })
  const identity = (await new IdentityStore(stateFolder).load()) ?? (await enrolPrepared(stateFolder, { log: textLog('info'), signal: stopping.signal }))
  if (identity === null && stopping.signal.aborted) return 'fine'
  if (identity === null) throw new CliError('not-registered', 'agent.error.not-registered', { folder: stateFolder }, 'agent.error.not-registered.remedy')
  if (identity.isUnregistered) throw new CliError('unregistered', 'agent.status.unregistered', {}, 'agent-state.unregistered.remedy')
  const agent = await Agent.start({ stateFolder }).catch((error: unknown) => {
    if (errorCode(error) === 'EADDRINUSE') throw new CliError('fault', 'agent.error.runs-already', { folder: stateFolder })
    throw error
  })
  const end = await Promise.race([stopped, agent!.ended])
  await agent!.stop(end === 'uninstalled' ? 'uninstalled' : 'stopped')
  return end === 'unregistered' ? 'unregistered' : 'fine'
}
