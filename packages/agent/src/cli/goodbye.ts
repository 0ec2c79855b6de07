import { silentLog } from '../core/log.ts'
import { askAgent } from '../core/status.ts'
import { pause } from '../core/time.ts'
import { Agent } from './agent.ts'

type State = ReturnType<Agent['status']>['state']
/** The server knows that we go. */
const heard: readonly State[] = ['online', 'disabled', 'unregistered']

/**
 * Says goodbye for good in the place of an agent that does not run, and sends what it had not told yet. @returns the state it came to: `unregistered`: the server knows it no more; null: there is
 * no registration. @throws what keeps an agent from starting
 */
async function sayGoodbye(stateFolder: string, isOver: () => boolean): Promise<State | null> {
  const agent = await Agent.start({ stateFolder, log: silentLog, isQuiet: true })
  if (agent === null) return null
  for (let i = 0; i < 100 && !heard.includes(agent.status().state) && !isOver(); i++) await pause(100)
  const { state } = agent.status()
  if (state === 'unregistered') await agent.ended // it is written down
  await agent.stop('uninstalled')
  return state
}

/** Lets the running agent say goodbye, or does it in its place. False: the server could not be told. Null: there was no registration. */
export async function unregister(stateFolder: string): Promise<boolean | null> {
  const live = await askAgent(stateFolder, 'uninstall')
  if (live !== null) {
    for (let i = 0; i < 100 && (await askAgent(stateFolder, 'status')) !== null; i++) await pause(100)
    return live.state === 'online'
  }
  const state = await sayGoodbye(stateFolder, () => false).catch(() => null)
  return state && heard.includes(state)
}

/** Until the server itself says that it knows us no more: a goodbye that was lost on the way is said again. False: told to stop before. */
export async function untilForgotten(stateFolder: string, stop: AbortSignal, againMs = 5_000): Promise<boolean> {
  for (;;) {
    const state = await sayGoodbye(stateFolder, () => stop.aborted)
    if (state === null || state === 'unregistered') return true
    if (stop.aborted) return false
    await pause(state === 'online' ? 100 : againMs, stop)
  }
}
