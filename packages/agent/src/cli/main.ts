import { ZodError } from 'zod'
import { Problem } from '@vigie/domain/kernel'
import { asConnectionError, ConnectionError } from '../core/https.ts'
import { errorCode } from '../core/files.ts'
import { askAgent } from '../core/status.ts'
import { agentVersion } from '../version.ts'
import { backupCommand, backupOptions, restoreCommand, restoreOptions } from './backup.ts'
import { changeGuidCommand, changeGuidOptions } from './change-guid.ts'
import { checkCommand, checkOptions } from './check.ts'
import { collectCommand, collectOptions } from './collect.ts'
import { configureCommand, configureOptions } from './configure.ts'
import { context, type Context } from './context.ts'
import { enrolCommand, enrolOptions } from './enrol.ts'
import { CliError, exitCodes, type ExitName } from './exit-codes.ts'
import { imageCommand, imageOptions } from './image.ts'
import { languageCommand, logLevelCommand } from './language.ts'
import { runCommand, runOptions } from './run.ts'
import { ownCommand } from './service.ts'
import { restartCommand, startCommand, stopCommand } from './service-commands.ts'
import { statusCommand } from './status.ts'
import { testConnectionCommand, testConnectionOptions } from './test-connection.ts'
import { uninstallCommand, uninstallOptions } from './uninstall.ts'
import { windowsServiceScript } from './windows-service.ts'
import { plain, words } from './words.ts'

type Options = Parameters<typeof context>[1]
/** `operands`: words without dashes that it takes at most. */
const commands: Record<string, { options: Options; operands?: number; run: (context: Context) => Promise<ExitName> }> = {
  enrol: { options: enrolOptions, run: enrolCommand },
  run: { options: runOptions, run: runCommand },
  status: { options: {}, run: statusCommand },
  'test-connection': { options: testConnectionOptions, run: testConnectionCommand },
  check: { options: checkOptions, run: checkCommand },
  collect: { options: collectOptions, run: collectCommand },
  configure: { options: configureOptions, run: configureCommand },
  language: { options: {}, operands: 1, run: languageCommand },
  'log-level': { options: {}, operands: 1, run: logLevelCommand },
  backup: { options: backupOptions, operands: 1, run: backupCommand },
  restore: { options: restoreOptions, operands: 1, run: restoreCommand },
  'change-guid': { options: changeGuidOptions, run: changeGuidCommand },
  image: { options: imageOptions, operands: 1, run: imageCommand },
  start: { options: {}, run: startCommand },
  stop: { options: {}, run: stopCommand },
  restart: { options: {}, run: restartCommand },
  uninstall: { options: uninstallOptions, run: uninstallCommand },
  'windows-service': { options: {}, run: windowsServiceCommand },
  version: { options: {}, run: versionCommand },
}

/** `vigie-agent <command> [options]`. @returns the exit code. */
export async function main(args: readonly string[]): Promise<number> {
  const [name = 'help', ...rest] = args[0] === '--version' ? ['version', ...args.slice(1)] : args
  const command = Object.hasOwn(commands, name) ? commands[name]! : null
  const isSpeaking = name !== 'run' || rest.includes('--help') || rest.includes('-h')
  let speaker = await context(
    rest.filter((arg) => arg.startsWith('--language=')),
    {},
    isSpeaking,
  )
  try {
    if (['help', '--help', '-h'].includes(name) || (command !== null && (rest.includes('--help') || rest.includes('-h')))) {
      help(speaker)
      return exitCodes.fine
    }
    if (command === null) throw new CliError('usage', 'agent.error.command', { command: plain(name).slice(0, 100) })
    speaker = await context(rest, command.options, isSpeaking, command.operands)
    return exitCodes[await command.run(speaker)]
  } catch (error) {
    return exitCodes[await explain(speaker, error)]
  }
}

/** One sentence what is wrong, one what to do; on the error stream, so that `--json` stays JSON. */
async function explain({ language, isJson }: Context, error: unknown): Promise<ExitName> {
  const t = await words(language)
  const { exit, key, values, remedy } = asCliError(error)
  const sentence = t(key, values)
  process.stderr.write(`${sentence}\n`)
  if (remedy && t.has(remedy)) process.stderr.write(`${t(remedy)}\n`)
  if (isJson) process.stdout.write(`${JSON.stringify({ error: key, exit, message: sentence })}\n`)
  return exit
}

function asCliError(error: unknown): CliError {
  if (error instanceof CliError) return error
  if (error instanceof Problem) return new CliError('refused', `problem.${error.code}`, {}, error.kind.remedy)
  if (error instanceof ConnectionError)
    return new CliError(
      'not-connected',
      `agent.connection.${error.reason}`,
      {},
      `agent.connection.${asConnectionError(error).reason}.remedy`,
    )
  if (['EACCES', 'EPERM', 'EROFS'].includes(errorCode(error))) return new CliError('not-allowed', 'agent.error.not-allowed')
  // Something of the agent's own on disk is not what it should be: an identity or settings cut short, edited by hand, from another version.
  if (error instanceof ZodError || error instanceof SyntaxError)
    return new CliError('fault', 'agent.error.parts', {}, 'agent.error.parts.remedy')
  return new CliError('fault', 'agent.error.fault', { cause: plain(String(error)).slice(0, 500) }, 'agent.error.fault.remedy')
}

/** The script for this very program (AGT-1); people read it before they run it. */
async function windowsServiceCommand(context: Context): Promise<ExitName> {
  const script = windowsServiceScript(await ownCommand(), context.stateFolder)
  context.say(script.trimEnd())
  context.sayJson({ script })
  return 'fine'
}

async function versionCommand(context: Context): Promise<ExitName> {
  const running = (await askAgent(context.stateFolder, 'status'))?.version ?? null
  context.say(`vigie-agent ${agentVersion}`)
  if (running !== null && running !== agentVersion) context.say(context.t('agent.version.running', { version: plain(running) }))
  context.sayJson({ version: agentVersion, running, node: process.version, platform: process.platform, arch: process.arch })
  return 'fine'
}

function help({ t, say }: Context): void {
  say(t('agent.help.usage'))
  say()
  for (const name of Object.keys(commands)) say(`  ${name.padEnd(16)} ${t(`agent.help.${name}`)}`)
  say()
  for (const option of ['state', 'language', 'json']) say(`  ${`--${option}`.padEnd(16)} ${t(`agent.help.option.${option}`)}`)
  say()
  say(t('agent.help.exit'))
  for (const [name, code] of Object.entries(exitCodes)) say(`  ${String(code).padEnd(16)} ${t(`agent.exit.${name}`)}`)
}
