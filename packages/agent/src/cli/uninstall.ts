import { readdir, rm, unlink } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { isSea } from 'node:sea'
import { errorCode } from '../core/files.ts'
import { silentLog } from '../core/log.ts'
import { askAgent } from '../core/status.ts'
import { pause } from '../core/time.ts'
import { Agent } from './agent.ts'
import type { Context } from './context.ts'
import { CliError, type ExitName } from './exit-codes.ts'
import { isInstalled, isPackaged, removeService, stopService } from './service.ts'

export const uninstallOptions = { 'keep-registration': { type: 'boolean' }, 'keep-program': { type: 'boolean' } } as const

/**
 * `vigie-agent uninstall`: says goodbye to the server for good (or, with `--keep-registration`, only for now), removes service, program and state. What was
 * quarantined stays where it is: it is the customer's.
 */
export async function uninstallCommand(context: Context): Promise<ExitName> {
  const { t, say, sayWith, stateFolder } = context
  const isKept = context.values['keep-registration'] === true
  try {
    const wasTold = isKept ? null : await unregister(stateFolder)
    if (await isInstalled()) await stopService()
    await askAgent(stateFolder, 'stop')
    await removeService()
    if (!isKept) await removeState(stateFolder)
    const program = isSea() && !(await isPackaged()) && basename(process.execPath) === 'vigie-agent' && context.values['keep-program'] !== true ? process.execPath : null
    if (program) await unlink(program)
    const quarantined = (await readdir(join(stateFolder, 'clamav', 'quarantine')).catch(() => [])).filter((name) => name.endsWith('.quarantined')).length
    if (await isPackaged()) say(t('agent.uninstall.package'))
    say(t(isKept ? 'agent.uninstall.kept' : 'agent.uninstall.done'))
    if (wasTold === false) sayWith('warning', t('agent.uninstall.server-not-told'))
    if (quarantined > 0) say(t('agent.uninstall.quarantine', { files: quarantined, folder: join(stateFolder, 'clamav', 'quarantine') }))
    context.sayJson({ isRegistrationKept: isKept, wasServerTold: wasTold, quarantined })
    return 'fine'
  } catch (error) {
    if (['EACCES', 'EPERM', 'EROFS'].includes(errorCode(error))) throw new CliError('not-allowed', 'agent.error.not-allowed')
    throw error
  }
}

/** Lets the running agent say goodbye, or does it in its place. False: the server could not be told. Null: there was no registration. */
async function unregister(stateFolder: string): Promise<boolean | null> {
  const live = await askAgent(stateFolder, 'uninstall')
  if (live !== null) {
    for (let i = 0; i < 100 && (await askAgent(stateFolder, 'status')) !== null; i++) await pause(100)
    return live.state === 'online'
  }
  const agent = await Agent.start({ stateFolder, log: silentLog, isQuiet: true }).catch(() => null)
  if (agent === null) return null
  for (let i = 0; i < 100 && agent.status().state !== 'online' && agent.status().state !== 'unregistered'; i++) await pause(100)
  const { state } = agent.status()
  await agent.stop('uninstalled')
  return state === 'online' || state === 'unregistered'
}

async function removeState(stateFolder: string): Promise<void> {
  for (const name of await readdir(stateFolder).catch(() => [])) {
    if (name === 'clamav') {
      for (const part of ['update', 'on-access']) await rm(join(stateFolder, name, part), { recursive: true, force: true })
    } else await rm(join(stateFolder, name), { recursive: true, force: true })
  }
}
