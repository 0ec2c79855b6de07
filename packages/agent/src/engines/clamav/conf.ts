import { readText } from '../../core/files.ts'

/** A clamd.conf or freshclam.conf as read: option (its exact name) to its values, in order; an option may stand several times. */
export type Conf = ReadonlyMap<string, readonly string[]>

/** `Option value` lines, `#` comments; a value may be quoted. Source: clamd.conf(5), 1.4. */
export function parseConf(text: string): Conf {
  const conf = new Map<string, string[]>()
  for (const line of text.split('\n')) {
    const found = /^\s*([A-Za-z0-9]+)\s+(.*?)\s*$/.exec(line)
    if (!found) continue
    const [, option, raw] = found as unknown as [string, string, string]
    const value = /^"(.*)"$/.exec(raw)?.[1] ?? raw
    conf.set(option, [...(conf.get(option) ?? []), value])
  }
  return conf
}

/** First of the paths that can be read; null: none. */
export async function readConf(paths: readonly string[]): Promise<{ path: string; conf: Conf } | null> {
  for (const path of paths) {
    const text = await readText(path).catch(() => null)
    if (text !== null) return { path, conf: parseConf(text) }
  }
  return null
}

export const first = (conf: Conf | null, option: string): string | null => conf?.get(option)?.[0] ?? null
export const isOn = (conf: Conf | null, option: string): boolean => /^(yes|true|1)$/i.test(first(conf, option) ?? '')

/** Where clamd listens: a Unix socket, or a port on an address. */
export type Address = { path: string } | { host: string; port: number }

/** The Unix socket before TCP; null: it listens nowhere. */
export function addressOf(conf: Conf | null): Address | null {
  const path = first(conf, 'LocalSocket')
  if (path !== null) return { path }
  const port = Number(first(conf, 'TCPSocket'))
  return Number.isInteger(port) && port > 0 ? { host: first(conf, 'TCPAddr') ?? '127.0.0.1', port } : null
}

/** `/path/to/socket` or `host:port`. */
export function parseAddress(text: string): Address | null {
  if (text.startsWith('/')) return { path: text }
  const found = /^\[?([^\]]+?)\]?:(\d{1,5})$/.exec(text)
  return found ? { host: found[1]!, port: Number(found[2]) } : null
}
