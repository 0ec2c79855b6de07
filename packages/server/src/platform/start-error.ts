/**
 * Why Vigie does not start, told to the person in front of the terminal: one sentence with the way out, no stack, and an exit code that a
 * supervisor can tell apart (a service manager should not try again after 64, 65, 73 or 77; see sysexits.h, from which the numbers come).
 */
export class StartError extends Error {
  override readonly name = 'StartError'
  readonly reason: StartErrorReason

  constructor(reason: StartErrorReason, sentence: string, options: { cause?: unknown } = {}) {
    super(sentence, options)
    this.reason = reason
  }

  get exitCode(): number {
    return exitCodes[this.reason]
  }
}

export const exitCodes = {
  /** A flag or an environment variable is wrong. */
  'bad-setting': 64,
  /** The database's schema is newer than this code. */
  'newer-schema': 65,
  'database-unreachable': 69,
  'node-too-old': 70,
  'embedded-database-failed': 71,
  'data-folder-unwritable': 73,
  /** Another Vigie runs on the same data folder. */
  'data-folder-in-use': 75,
  'port-busy': 76,
  'port-forbidden': 77,
} as const

export type StartErrorReason = keyof typeof exitCodes
