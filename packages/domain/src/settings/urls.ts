import type { FieldCode } from '../kernel/index.ts'

/** ADM-2. An entry as it is kept: `[scheme://]host[:port][/path]`, host in ASCII, lower case. */
export interface UrlEntry {
  text: string
  /** Null: any. */
  scheme: 'http' | 'https' | null
  /** Without the `*.`. */
  host: string
  /** `*.example.com`: the host itself and all below it. */
  isWildcard: boolean
  port: number | null
  /** Begins with `/`; null: the whole site. */
  path: string | null
}

export const urlKinds = ['approved', 'blocked'] as const
export type UrlKind = (typeof urlKinds)[number]
/** Entries of one list: the business's, or one customer's. */
export const mostUrls = 10_000
export const longestUrl = 2_000

/**
 * What a person typed or a file holds, normalised: case, dots, default ports, dot segments, IDN to ASCII. Fragments, passwords and wildcards elsewhere than before the host are
 * refused: an engine could not hold them.
 */
export function parseUrlEntry(typed: string): { entry: UrlEntry } | { code: FieldCode } {
  const text = typed.trim()
  if (text === '') return { code: 'required' }
  if (text.length > longestUrl) return { code: 'too-long' }
  const match = /^(?:(https?):\/\/)?(\*\.)?([^/?#@*\s\\:[\]]+|\[[0-9a-f:.]+\])(?::(\d{1,5}))?(\/[^\s#\\]*)?$/iu.exec(text)
  if (!match || /\p{Cc}/u.test(text)) return { code: 'url.shape' }
  const [, typedScheme, star, typedHost, typedPort, typedPath] = match
  const scheme = (typedScheme?.toLowerCase() ?? null) as UrlEntry['scheme']
  const port = typedPort === undefined ? null : Number(typedPort)
  if (port !== null && (port < 1 || port > 65_535)) return { code: 'url.shape' }
  let url: URL
  try {
    url = new URL(`${scheme ?? 'https'}://${typedHost}${typedPath ?? '/'}`)
  } catch {
    return { code: 'url.shape' }
  }
  const host = url.hostname.replace(/\.$/, '')
  const isNumeric = /^\d+(\.\d+){3}$/.test(host) || host.startsWith('[')
  if (
    host === '' ||
    host.length > 253 ||
    (star && isNumeric) ||
    (!isNumeric && !/^[a-z0-9_-]{1,63}(\.[a-z0-9_-]{1,63})*$/.test(host)) ||
    (star && !host.includes('.'))
  )
    return { code: 'url.shape' }
  const own = (scheme === 'https' && port === 443) || (scheme === 'http' && port === 80) ? null : port
  const wholePath = url.pathname + url.search
  const path = wholePath === '/' ? null : wholePath
  const isWildcard = star !== undefined
  return {
    entry: {
      scheme,
      host,
      isWildcard,
      port: own,
      path,
      text: `${scheme ? `${scheme}://` : ''}${isWildcard ? '*.' : ''}${host}${own === null ? '' : `:${own}`}${path ?? ''}`,
    },
  }
}

/** Does `wide` mean everything that `narrow` means? Everything is covered by itself. */
export function covers(wide: UrlEntry, narrow: UrlEntry): boolean {
  const ofHost = wide.isWildcard
    ? narrow.host === wide.host || narrow.host.endsWith(`.${wide.host}`)
    : !narrow.isWildcard && narrow.host === wide.host
  return (
    ofHost &&
    (wide.scheme === null || wide.scheme === narrow.scheme) &&
    (wide.port === null || portOf(wide) === portOf(narrow)) &&
    isBelow(narrow.path, wide.path)
  )
}
const portOf = ({ port, scheme }: UrlEntry): number | null => port ?? (scheme === 'https' ? 443 : scheme === 'http' ? 80 : null)

/** `/shop` means itself and what is below it, not `/shopping`. */
function isBelow(path: string | null, folder: string | null): boolean {
  if (folder === null) return true
  if (path === null) return false
  return (
    path === folder ||
    path.startsWith(folder.endsWith('/') ? folder : `${folder}/`) ||
    (!folder.includes('?') && path.startsWith(`${folder}?`))
  )
}

/**
 * Entries of the other list, by host: finds the one that an entry would contradict without looking at all 10,000 for each line of a file.
 */
export class UrlIndex {
  readonly #byHost = new Map<string, UrlEntry[]>()
  /** Entries with this host somewhere above theirs. */
  readonly #below = new Map<string, UrlEntry[]>()

  add(entry: UrlEntry): void {
    push(this.#byHost, entry.host, entry)
    for (const above of abovesOf(entry.host)) push(this.#below, above, entry)
  }

  /** One that says the opposite of the same address (ADM-2): it covers the entry, or the entry covers it. Null: none. */
  contradiction(entry: UrlEntry): UrlEntry | null {
    for (const host of [entry.host, ...abovesOf(entry.host)]) {
      const found = this.#byHost.get(host)?.find((other) => covers(other, entry) || covers(entry, other))
      if (found) return found
    }
    return entry.isWildcard ? (this.#below.get(entry.host)?.find((other) => covers(entry, other)) ?? null) : null
  }
}
const push = (map: Map<string, UrlEntry[]>, key: string, entry: UrlEntry) => void (map.get(key)?.push(entry) ?? map.set(key, [entry]))
const abovesOf = (host: string): string[] =>
  host
    .split('.')
    .map((_, at, labels) => labels.slice(at + 1).join('.'))
    .filter(Boolean)
