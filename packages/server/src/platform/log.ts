import pino from 'pino'

/** Static message, data beside it. `error` only for what a person must mend now. No secrets, no tenant's content (R39). */
export interface Log {
  debug(message: string, data?: object): void
  info(message: string, data?: object): void
  warn(message: string, data?: object): void
  error(message: string, data?: object): void
}

export function createLog(level = process.env['VIGIE_LOG_LEVEL'] ?? 'info'): Log {
  const logger = pino({ level, base: null, timestamp: pino.stdTimeFunctions.isoTime }, pino.destination({ fd: 2, sync: false }))
  const at =
    (method: 'debug' | 'info' | 'warn' | 'error') =>
    (message: string, data: object = {}) =>
      logger[method](data, message)
  return { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') }
}
