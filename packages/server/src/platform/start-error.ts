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

/** What `listen` refused, in words. Other errors are given back as they are. */
export function listenError(error: unknown, what: 'console' | 'agents', host: string | null, port: number): unknown {
  const flag = what === 'console' ? '--port or VIGIE_PORT' : '--agent-port or VIGIE_AGENT_PORT'
  const where = what === 'console' ? 'the console' : 'the agents'
  switch ((error as NodeJS.ErrnoException | null)?.code) {
    case 'EADDRINUSE':
      return new StartError(
        'port-busy',
        `Port ${port} for ${where} is taken by another program: stop it, or choose another port with ${flag}.`,
        { cause: error },
      )
    case 'EACCES':
      return new StartError(
        'port-forbidden',
        `This account may not listen on port ${port} for ${where}: choose one above 1023 with ${flag}.`,
        { cause: error },
      )
    case 'EADDRNOTAVAIL':
    case 'ENOTFOUND':
      return new StartError('bad-setting', `This machine has no address ${host} to listen on for ${where}.`, { cause: error })
    default:
      return error
  }
}

/** @param url may hold a password: only its host and database are shown. */
export function databaseUnreachable(url: string, error: unknown): StartError {
  const [, host, name] = /^[a-z]+:\/\/(?:[^@/]*@)?([^/?]*)\/?([^?]*)/.exec(url) ?? [] // no `URL`: it refuses user@ without a host
  const code = (error as { code?: string } | null)?.code ?? ''
  const why = databaseReasons[code] ?? (error instanceof Error ? error.message : String(error))
  return new StartError('database-unreachable', `The database ${name} at ${host || 'the local socket'} cannot be used: ${why}.`, {
    cause: error,
  })
}

const databaseReasons: Record<string, string> = {
  ECONNREFUSED: 'nothing answers there',
  ENOTFOUND: 'the host is not known',
  EAI_AGAIN: 'the host cannot be looked up',
  ETIMEDOUT: 'no answer came in time',
  '28P01': 'user or password are wrong',
  '28000': 'the user is not admitted',
  '3D000': 'there is no such database',
}

/** R45: an older Vigie never works on a schema it does not know. */
export function newerSchema(found: string | number, known: string | number): StartError {
  return new StartError(
    'newer-schema',
    `The database's schema (${found}) is newer than this Vigie (${known}): start the newer version, or restore the backup made before its upgrade.`,
  )
}
