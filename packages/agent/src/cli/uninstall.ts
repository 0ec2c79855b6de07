import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { errorCode } from '../core/files.ts'
import { askAgent } from '../core/status.ts'
import type { Context } from './context.ts'
import { CliError, type ExitName } from './exit-codes.ts'
import { unregister } from './goodbye.ts'
import { removeProgram, removeState } from './removal.ts'
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
    if (context.values['keep-program'] !== true) await removeProgram()
    const quarantined = (await readdir(join(stateFolder, 'clamav', 'quarantine')).catch(() => [])).filter((name) =>
      name.endsWith('.quarantined'),
    ).length
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
