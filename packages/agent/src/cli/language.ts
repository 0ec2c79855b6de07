import { Locale, locales } from '@vigie/domain/kernel'
import { logLevels, type LogLevel } from '../core/log.ts'
import { askAgent } from '../core/status.ts'
import type { Context } from './context.ts'
import { CliError, type ExitName } from './exit-codes.ts'
import { loadSettings, saveSettings, type Settings } from './settings.ts'
import { languageOf, words } from './words.ts'

/** `vigie-agent language [en|fr|ja|default]`: shows or keeps the language of this tool. */
export async function languageCommand(context: Context): Promise<ExitName> {
  const [asked] = context.operands
  if (asked === undefined) return shown(context, 'language', context.language)
  const language = asked === 'default' ? null : Locale.safeParse(asked).data
  if (language === undefined) throw new CliError('usage', 'agent.error.choice', { choices: [...locales, 'default'].join(', ') })
  await keep(context, { language })
  const spoken = language ?? languageOf(undefined, null, process.env)
  const t = await words(spoken)
  context.say(t('agent.configure.language', { language: t(`locale.${spoken}`) }))
  context.sayJson({ language })
  return 'fine'
}

/** `vigie-agent log-level [error|warn|info|debug]`: shows or keeps it; a running agent takes it at once, nothing is restarted. */
export async function logLevelCommand(context: Context): Promise<ExitName> {
  const [asked] = context.operands
  if (asked === undefined) return shown(context, 'logLevel', (await loadSettings(context.stateFolder)).logLevel)
  if (!(logLevels as readonly string[]).includes(asked))
    throw new CliError('usage', 'agent.error.choice', { choices: logLevels.join(', ') })
  const isTaken = await keep(context, { logLevel: asked as LogLevel })
  context.say(context.t(isTaken ? 'agent.configure.taken' : 'agent.configure.saved'))
  context.sayJson({ logLevel: asked })
  return 'fine'
}

async function keep({ stateFolder }: Context, change: Partial<Settings>): Promise<boolean> {
  await saveSettings(stateFolder, { ...(await loadSettings(stateFolder)), ...change })
  return (await askAgent(stateFolder, 'reload')) !== null
}

function shown(context: Context, name: string, value: string): ExitName {
  context.say(value)
  context.sayJson({ [name]: value })
  return 'fine'
}
