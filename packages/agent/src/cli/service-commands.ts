import { askAgent } from '../core/status.ts'
import { IdentityStore } from '../core/identity.ts'
import { pause } from '../core/time.ts'
import { defaultStateFolder, type Context } from './context.ts'
import { CliError, type ExitName } from './exit-codes.ts'
import { hasSystemd, installService, isInstalled, ownCommand, restartService, startService, stopService } from './service.ts'
import { plain } from './words.ts'

const isService = async (): Promise<boolean> => (await hasSystemd()) && (await isInstalled())

/** A registration that was restored comes without its service, and a package's waits switched off until there is one: whoever starts the machine's own agent wants it at the next boot too. */
const mayHaveService = async (stateFolder: string): Promise<boolean> =>
  process.getuid?.() === 0 && stateFolder === defaultStateFolder && (await hasSystemd())

/** `vigie-agent start`: by the service manager; where there is none, says how. */
export async function startCommand(context: Context): Promise<ExitName> {
  const { stateFolder } = context
  if ((await askAgent(stateFolder, 'status')) !== null) return told(context, 'agent.service.runs-already', true)
  const identity = await new IdentityStore(stateFolder).load()
  if (identity === null)
    throw new CliError('not-registered', 'agent.error.not-registered', { folder: stateFolder }, 'agent.error.not-registered.remedy')
  if (identity.isUnregistered) throw new CliError('not-registered', 'agent.status.unregistered', {}, 'agent.status.unregistered.remedy')
  if (await isService()) await obeyed(startService(await mayHaveService(stateFolder)))
  else if (await mayHaveService(stateFolder)) await obeyed(installService(stateFolder))
  else throw await noService(context)
  return started(context)
}

/** `vigie-agent stop`: says goodbye properly (offline, not abnormal). The service stays set up and starts again with the machine. */
export async function stopCommand(context: Context): Promise<ExitName> {
  const isRunning = (await askAgent(context.stateFolder, 'status')) !== null
  if (await isService()) await obeyed(stopService())
  else if (!isRunning) return told(context, 'agent.service.stopped-already', false)
  else await stopProcess(context.stateFolder)
  return told(context, 'agent.service.stopped', false)
}

export async function restartCommand(context: Context): Promise<ExitName> {
  if (!(await isService())) throw await noService(context)
  await obeyed(restartService())
  return started(context)
}

/** Stops an agent that runs in the foreground, and waits until it has said goodbye. */
export async function stopProcess(stateFolder: string): Promise<void> {
  await askAgent(stateFolder, 'stop')
  for (let i = 0; i < 150 && (await askAgent(stateFolder, 'status')) !== null; i++) await pause(100)
}

async function started(context: Context): Promise<ExitName> {
  for (let i = 0; i < 100; i++) {
    if ((await askAgent(context.stateFolder, 'status')) !== null) return told(context, 'agent.service.started', true)
    await pause(200)
  }
  throw new CliError('not-running', 'agent.service.not-started', {}, 'agent.service.not-started.remedy')
}

async function noService({ stateFolder }: Context): Promise<CliError> {
  return new CliError('refused', 'agent.service.none', { command: [...(await ownCommand()), 'run', '--state', stateFolder].join(' ') })
}

async function obeyed(complaining: Promise<string | null>): Promise<void> {
  const complaint = await complaining
  if (complaint === null) return
  if (/access denied|authentication|permission/i.test(complaint)) throw new CliError('not-allowed', 'agent.error.not-allowed')
  throw new CliError('fault', 'agent.service.complaint', { complaint: plain(complaint.replaceAll(/\s*\n\s*/g, ' ')) })
}

function told(context: Context, key: string, isRunning: boolean): ExitName {
  context.say(context.t(key))
  context.sayJson({ isRunning })
  return 'fine'
}
