const awayCodes = new Set(['57P01', '57P02', '57P03', '08000', '08003', '08006', 'ECONNREFUSED', 'ECONNRESET', 'ENOENT', 'EPIPE', '53300'])
const retryCodes = new Set(['40001', '40P01'])

const codeOf = (error: unknown): string => (error as { code?: string } | null)?.code ?? ''

/** The database can't be reached now: answer 503, try again (R43). */
export function isAway(error: unknown): boolean {
  const message = error instanceof Error ? error.message : ''
  return (
    awayCodes.has(codeOf(error)) ||
    /Connection terminated|timeout exceeded when trying to connect|Client has encountered a connection error/.test(message)
  )
}
/** Two transactions met; the same again will do. */
export const isRetryable = (error: unknown): boolean => retryCodes.has(codeOf(error))
/** Name of the unique index or key that was violated; null: it was something else. */
export const uniqueViolation = (error: unknown): string | null =>
  codeOf(error) === '23505' ? ((error as { constraint?: string }).constraint ?? '') : null
