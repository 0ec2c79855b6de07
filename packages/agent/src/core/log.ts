export const logLevels = ['error', 'warn', 'info', 'debug'] as const
export type LogLevel = (typeof logLevels)[number]
export type LogData = Record<string, string | number | boolean | null | undefined>

/** Static message, data beside it. `error` only for what a person must mend now. */
export interface Log {
  error(message: string, data?: LogData): void
  warn(message: string, data?: LogData): void
  info(message: string, data?: LogData): void
  debug(message: string, data?: LogData): void
}

/**
 * One event, one line: what came from outside is quoted and can't begin a line of its own (R36).
 * @param level asked at every line, so that it can change while the agent runs (AGT-5)
 */
export function textLog(level: LogLevel | (() => LogLevel), write: (line: string) => void = (line) => process.stderr.write(line)): Log {
  const at =
    (name: LogLevel) =>
    (message: string, data: LogData = {}) => {
      if (logLevels.indexOf(name) > logLevels.indexOf(typeof level === 'string' ? level : level())) return
      const pairs = Object.entries(data)
        .filter(([, value]) => value !== undefined)
        .map(([key, value]) => ` ${key}=${encode(value)}`)
      write(`${new Date().toISOString()} ${name} ${message}${pairs.join('')}\n`)
    }
  return { error: at('error'), warn: at('warn'), info: at('info'), debug: at('debug') }
}

export const silentLog: Log = { error() {}, warn() {}, info() {}, debug() {} }

function encode(value: LogData[string]): string {
  if (typeof value !== 'string') return String(value)
  if (/^[\w.:/@+-]{1,200}$/.test(value)) return value
  // JSON leaves DEL, C1 controls and the line separators as they are; a terminal or a log reader may not.
  return JSON.stringify(value.slice(0, 2_000)).replaceAll(
    /[\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069]/g,
    (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )
}
