import type { ParseArgsOptionsConfig } from 'node:util'

/**
 * `--name value` as `--name=value` for every option that takes a value, so that `parseArgs` takes what begins with a dash: one key of 64 in base64url does.
 * Another option's name is no value: `--key --json` stays, and is refused.
 */
export function joinValues(args: readonly string[], options: ParseArgsOptionsConfig): string[] {
  const isOption = (arg: string): boolean => arg.startsWith('--') && Object.hasOwn(options, arg.slice(2).split('=')[0]!)
  const joined: string[] = []
  for (let i = 0; i < args.length; i++) {
    const arg = args[i]!
    const value = args[i + 1]
    if (value !== undefined && isOption(arg) && options[arg.slice(2)]?.type === 'string' && !isOption(value)) {
      joined.push(`${arg}=${value}`)
      i++
    } else joined.push(arg)
  }
  return joined
}
