import { readFile } from 'node:fs/promises'
import { text as readStream } from 'node:stream/consumers'
import { loadProxy, parseProxy } from '../core/proxy-store.ts'
import type { Proxy } from '../core/proxy.ts'
import { text, type Context } from './context.ts'
import { CliError } from './exit-codes.ts'

/** Of every command that speaks with the server. `--proxy none`: the direct way. A password is read from a file (or `-`, standard input), so that no process list shows it. */
export const proxyOptions = {
  proxy: { type: 'string' },
  'proxy-user': { type: 'string' },
  'proxy-password-file': { type: 'string' },
  'proxy-auth': { type: 'string' },
} as const

/** The proxy that is kept, changed by what the options say. @throws CliError `usage` */
export async function proxyOf(context: Context): Promise<Proxy | null> {
  const asked = text(context, 'proxy')
  if (asked === 'none') return null
  const kept = await loadProxy(context.stateFolder)
  const parsed = asked === undefined ? kept : parseProxy(asked)
  if (asked !== undefined && parsed === null) throw new CliError('usage', 'agent.error.proxy')
  const [user, file, auth] = (['proxy-user', 'proxy-password-file', 'proxy-auth'] as const).map((name) => text(context, name))
  if (parsed === null) {
    if (user ?? file ?? auth) throw new CliError('usage', 'agent.error.option-missing', { option: '--proxy' })
    return null
  }
  if (auth !== undefined && auth !== 'auto' && auth !== 'basic' && auth !== 'digest')
    throw new CliError('usage', 'agent.error.setting', { setting: '--proxy-auth' })
  // Another proxy gets nobody's password: what was kept is for the one it was given for.
  const isSame = kept !== null && kept.host === parsed.host && kept.port === parsed.port
  const proxy: Proxy =
    asked !== undefined && isSame && parsed.user === null
      ? { ...parsed, user: kept.user, password: kept.password, auth: kept.auth }
      : { ...parsed }
  if (user === 'none') Object.assign(proxy, { user: null, password: '' })
  else if (user !== undefined) Object.assign(proxy, { user, password: user === proxy.user ? proxy.password : '' })
  if (auth !== undefined) proxy.auth = auth
  if (file !== undefined) proxy.password = await passwordFrom(file)
  if (context.typedPassword !== undefined) proxy.password = context.typedPassword
  if (proxy.user === null && proxy.password !== '') throw new CliError('usage', 'agent.error.option-missing', { option: '--proxy-user' })
  return proxy
}

/** Without the line end that editors add. */
export async function passwordFrom(file: string): Promise<string> {
  const all =
    file === '-'
      ? await readStream(process.stdin)
      : await readFile(file, 'utf8').catch(() => {
          throw new CliError('usage', 'agent.error.file', { file })
        })
  return all.replace(/\r?\n$/, '').slice(0, 1_000)
}

export const isSameProxy = (a: Proxy | null, b: Proxy | null): boolean => JSON.stringify(sorted(a)) === JSON.stringify(sorted(b))
const sorted = (proxy: Proxy | null) => proxy && Object.entries(proxy).toSorted(([a], [b]) => (a < b ? -1 : 1))
