import { parseArgs } from 'node:util'
import { ReleaseRefused } from '@vigie/domain/agents'
import { Problem } from '@vigie/domain/kernel'
import { createLog, speaker } from '../platform/index.ts'
import { readConfig, settingFlags } from '../platform/config.ts'
import { StartError } from '../platform/start-error.ts'
import { commands, type Command } from './commands.ts'
import { openInstallation } from './open.ts'

const usage = [
  'npx vigie <command> [flags]',
  ...commands.flatMap(({ name, help, operand, flags }) => [
    `  ${(operand ? `${name} <${operand.name}>` : name).padEnd(operand ? 25 : 16)} ${help}`,
    ...Object.entries(flags).map(([flag, one]) => `      --${flag.padEnd(16)} ${one.help}${one.isNeeded ? ' (needed)' : ''}`),
  ]),
  'Each also takes the flags and environment of `npm start` that say where the installation is: --data, --database-url, --key-file ...',
].join('\n')

function commandOf(words: readonly string[]): Command {
  const halfSaid = commands.find(({ name, operand }) => operand && name === words.join(' '))
  if (halfSaid)
    throw new StartError('bad-setting', `\`vigie ${halfSaid.name}\` needs <${halfSaid.operand!.name}>: ${halfSaid.operand!.help}`)
  const command = commands.find(({ name, operand }) => name === (operand ? words.slice(0, -1) : words).join(' '))
  if (!command)
    throw new StartError(
      'bad-setting',
      words.length === 0
        ? 'Say what to do. `npx vigie help` lists the commands'
        : `There is no command "${words.join(' ')}". \`npx vigie help\` lists them`,
    )
  return command
}

/** @returns exit code */
async function main(argv: readonly string[]): Promise<number> {
  if (argv.length === 0 || argv[0] === 'help' || argv.includes('--help')) {
    process.stdout.write(`${usage}\n`)
    return argv.length === 0 ? 64 : 0
  }
  const firstFlag = argv.findIndex((word) => word.startsWith('--'))
  const words = firstFlag === -1 ? argv : argv.slice(0, firstFlag)
  const command = commandOf(words)
  const flags = flagsOf(command, firstFlag === -1 ? [] : argv.slice(firstFlag))
  const ours = Object.fromEntries(Object.keys(command.flags).map((flag) => [flag, flags[flag]]))
  const missing = Object.entries(command.flags).find(([flag, { isNeeded }]) => isNeeded && !ours[flag])
  if (missing) throw new StartError('bad-setting', `\`vigie ${command.name}\` needs --${missing[0]}: ${missing[1].help}`)
  const settings = Object.entries(flags)
    .filter(([flag]) => !(flag in command.flags))
    .map(([flag, value]) => `--${flag}=${value}`)
  const config = readConfig(settings, { VIGIE_LOG_LEVEL: 'error', ...process.env })
  const opened = await openInstallation(config, createLog(config.logLevel))
  try {
    return await command.run(opened.services, ours, (line) => void process.stdout.write(`${line}\n`), command.operand ? words.at(-1)! : '')
  } finally {
    await opened.close()
  }
}

function flagsOf(command: Command, args: readonly string[]): Record<string, string | undefined> {
  const names = [...Object.keys(command.flags), ...settingFlags]
  try {
    return parseArgs({
      args: [...args],
      options: Object.fromEntries(names.map((name) => [name, { type: 'string' as const }])),
      strict: true,
      allowPositionals: false,
    }).values
  } catch (error) {
    throw new StartError(
      'bad-setting',
      `${error instanceof Error ? error.message.split('. ')[0] : String(error)}. \`npx vigie help\` lists the flags`,
      { cause: error },
    )
  }
}

try {
  process.exitCode = await main(process.argv.slice(2))
} catch (error) {
  process.exitCode = 1
  if (error instanceof StartError) {
    process.stderr.write(`vigie: ${error.message.replace(/\.?$/, '.')}\n`)
    process.exitCode = error.exitCode
  } else if (error instanceof ReleaseRefused) {
    process.stderr.write(`vigie: Refused. ${speaker('en')(`release-fault.${error.fault}`)} Nothing was changed.\n`)
  } else if (error instanceof Problem) {
    const say = speaker('en')
    const fields = error.fields.map((field) => `${field.path}: ${say(`field.${field.code}`, field.values)}`)
    process.stderr.write(
      `vigie: ${[say(`problem.${error.code}`, error.data as Record<string, string | number>), ...fields, say(error.kind.remedy)].join(' ')}\n`,
    )
  } else if ((error as NodeJS.ErrnoException).code === 'ENOENT') {
    process.stderr.write(`vigie: There is no file ${(error as NodeJS.ErrnoException).path}.\n`)
  } else throw error
}
