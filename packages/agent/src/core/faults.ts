/** Why the server could not be talked to. Texts: `agent.connection.<reason>` and `.remedy`. Those that begin with `proxy-` end at the proxy. */
export const connectionFaults = [
  'name-unknown',
  'refused',
  'timeout',
  'unreachable',
  'tls-not-trusted',
  'tls-wrong-host',
  'tls-expired',
  'tls-failed',
  'ca-differs',
  'answer-invalid',
  'closed',
  'websocket-refused',
  'websocket-cut',
  'proxy-name-unknown',
  'proxy-refused',
  'proxy-timeout',
  'proxy-unreachable',
  'proxy-sign-in',
  'proxy-denied',
  'proxy-no-way',
  'proxy-failed',
] as const
export type ConnectionFault = (typeof connectionFaults)[number]

export class ConnectionError extends Error {
  override readonly name = 'ConnectionError'
  readonly reason: ConnectionFault
  constructor(reason: ConnectionFault, cause?: unknown) {
    super(reason, { cause })
    this.reason = reason
  }
}

export function asConnectionError(error: unknown): ConnectionError {
  if (error instanceof ConnectionError) return error
  const { code, name } = error as { code?: string; name?: string }
  return new ConnectionError(name === 'TimeoutError' || name === 'AbortError' ? 'timeout' : faultOf(code ?? ''), error)
}

function faultOf(code: string): ConnectionFault {
  if (['ENOTFOUND', 'EAI_AGAIN', 'EAI_NODATA', 'EAI_NONAME'].includes(code)) return 'name-unknown'
  if (code === 'ECONNREFUSED') return 'refused'
  if (['ETIMEDOUT', 'UND_ERR_CONNECT_TIMEOUT'].includes(code)) return 'timeout'
  if (['EHOSTUNREACH', 'ENETUNREACH', 'ENETDOWN', 'EADDRNOTAVAIL'].includes(code)) return 'unreachable'
  if (code === 'ERR_TLS_CERT_ALTNAME_INVALID') return 'tls-wrong-host'
  if (['CERT_HAS_EXPIRED', 'CERT_NOT_YET_VALID'].includes(code)) return 'tls-expired'
  if (/SELF_SIGNED|UNABLE_TO|CERT_|INVALID_CA|ISSUER/.test(code)) return 'tls-not-trusted'
  if (/SSL|TLS|EPROTO/.test(code)) return 'tls-failed'
  return 'closed'
}
