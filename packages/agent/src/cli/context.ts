import { resolve } from 'node:path'
import { parseArgs, type ParseArgsOptionsConfig } from 'node:util'
import type { Locale } from '@vigie/domain/kernel'
import type { Translator } from '@vigie/domain/text'
import { joinValues } from '../core/arguments.ts'
import { CliError } from './exit-codes.ts'
import { loadSettings } from './settings.ts'
import { languageOf, painted, words, type Sign } from './words.ts'

/** What every command has: where the agent keeps itself, how to speak. */
export interface Context {
  stateFolder: string
  isJson: boolean
  /** Gives keys back as they are where nobody is spoken to (`run`). */
  t: Translator
  language: Locale
  values: Record<string, string | boolean | undefined>
  /** Words without dashes, as many as the command takes at most. */
  operands: readonly string[]
  /** A proxy's password that a person typed: in memory only, never an option. */
  typedPassword?: string
  /** A line for people; nothing with `--json`. */
  say(text?: string): void
  sayWith(sign: Sign, text: string): void
  /** The one JSON value of `--json`; nothing without. */
  sayJson(value: unknown): void
}

const common = {
  state: { type: 'string' },
  language: { type: 'string' },
  json: { type: 'boolean' },
  help: { type: 'boolean', short: 'h' },
} as const satisfies ParseArgsOptionsConfig
export const defaultStateFolder = process.platform === 'win32' ? 'C:\\ProgramData\\vigie-agent' : '/var/lib/vigie-agent'

/** @param isSpeaking false: `t` is not loaded. @throws CliError `usage` for an option that isn't there */
export async function context(
  args: readonly string[],
  options: ParseArgsOptionsConfig,
  isSpeaking = true,
  operandsAtMost = 0,
): Promise<Context> {
  const asked =
    /^--language=(.*)$/.exec(args.find((arg) => arg.startsWith('--language=')) ?? '')?.[1] ??
    (args.includes('--language') ? args[args.indexOf('--language') + 1] : undefined)
  const { values, operands } = parse(args, { ...options, ...common }, operandsAtMost)
  const stateFolder = resolve(String(values.state ?? process.env.VIGIE_AGENT_STATE ?? defaultStateFolder))
  const fromSettings = await loadSettings(stateFolder).then(
    (settings) => settings.language,
    () => null,
  )
  const isJson = values.json === true
  const isTerminal = process.stdout.isTTY === true
  const write = (line: string) => void (isJson || process.stdout.write(`${line}\n`))
  const language = languageOf(asked, fromSettings, process.env)
  return {
    stateFolder,
    isJson,
    values,
    operands,
    language,
    t: isSpeaking ? await words(language) : mute,
    say: (text = '') => write(text),
    sayWith: (sign, text) => write(painted(sign, text, isTerminal)),
    sayJson: (value) => void (isJson && process.stdout.write(`${JSON.stringify(value, null, 2)}\n`)),
  }
}

const mute: Translator = Object.assign((key: string) => key, { locale: 'en' as const, has: () => false })

function parse(args: readonly string[], options: ParseArgsOptionsConfig, operandsAtMost: number): Pick<Context, 'values' | 'operands'> {
  try {
    const { values, positionals } = parseArgs({
      args: joinValues(args, options),
      options,
      strict: true,
      allowPositionals: operandsAtMost > 0,
    })
    if (positionals.length > operandsAtMost) throw new CliError('usage', 'agent.error.option', { option: positionals[operandsAtMost]! })
    return { values: values as Context['values'], operands: positionals }
  } catch (error) {
    if (error instanceof CliError) throw error
    const option = /'(--?[\w-]+)/.exec(error instanceof Error ? error.message : '')?.[1] ?? args.find((arg) => !arg.startsWith('-')) ?? ''
    throw new CliError('usage', 'agent.error.option', { option })
  }
}

export function needed({ values }: Context, name: string): string {
  const value = values[name]
  if (typeof value !== 'string' || value === '') throw new CliError('usage', 'agent.error.option-missing', { option: `--${name}` })
  return value
}

/** `--wait-seconds`: how long it is tried to send what waits before it is refused or given up. @throws CliError `usage` */
export function waitMs({ values }: Context, usualSeconds: number): number {
  const seconds = Number(values['wait-seconds'] ?? usualSeconds)
  if (!(seconds > 0 && seconds <= 3_600)) throw new CliError('usage', 'agent.error.option', { option: '--wait-seconds' })
  return seconds * 1_000
}

export const text = ({ values }: Context, name: string): string | undefined => (typeof values[name] === 'string' ? values[name] : undefined)
