/** What `vigie-agent` ends with; scripts rely on it. Texts: `agent.exit.<name>`. */
export const exitCodes = {
  fine: 0,
  fault: 1,
  usage: 2,
  'not-registered': 3,
  'not-running': 4,
  'not-connected': 5,
  'engine-problem': 6,
  refused: 7,
  'not-allowed': 8,
  /** Of `run` only: the service manager must not start it again. */
  unregistered: 77,
} as const
export type ExitName = keyof typeof exitCodes

/** Ends the tool with a sentence of the catalogue. `key`: text key; `remedy`: another, the way out. */
export class CliError extends Error {
  override readonly name = 'CliError'
  readonly exit: ExitName
  readonly key: string
  readonly values: Record<string, string | number>
  readonly remedy: string | null
  constructor(exit: ExitName, key: string, values: Record<string, string | number> = {}, remedy: string | null = null) {
    super(key)
    this.exit = exit
    this.key = key
    this.values = values
    this.remedy = remedy
  }
}
