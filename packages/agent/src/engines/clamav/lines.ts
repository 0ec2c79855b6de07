/** Months as ctime(3) writes them, whatever the locale. */
const months = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec']

/** One finding in clamd's log. `path` as bytes; null: no file of this machine (a stream), or one given by descriptor without its name. */
export interface ClamdFinding {
  at: Date
  path: Buffer | null
  source: 'file' | 'stream' | 'descriptor'
  threat: string
  /** MD5 and size of what was found, where clamd says them (`ExtendedDetectionInfo`). Null: it does not. */
  content: string | null
}

/**
 * `Sat Nov 21 07:21:11 2026 -> /path: NAME(md5:size) FOUND`. A name may hold `: `, ` FOUND` and even line ends (seen, 1.4.6), so a line proves nothing by itself:
 * only an absolute path is taken, and clamd is asked again before anything is done to it.
 * @param seenAt when it was read: decides between the two instants of an hour that the clock change repeats.
 */
export function parseClamdLine(line: Buffer, seenAt: Date): ClamdFinding | null {
  const text = line.toString('latin1') // one character, one byte
  if (!text.endsWith(' FOUND')) return null
  const head = /^([A-Z][a-z]{2} [A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d \d{4}) -> /.exec(text)
  const at = head && parseCtime(head[1]!, seenAt)
  if (!head || !at) return null
  const body = text.slice(head[0].length, -' FOUND'.length)
  const cut = body.lastIndexOf(': ')
  if (cut < 1) return null
  const object = body.slice(0, cut)
  const [, name, content = null] = /^(.*?)(?:\(([0-9a-f]{32}:\d+)\))?$/s.exec(body.slice(cut + 2)) as unknown as [
    string,
    string,
    string | undefined,
  ]
  const threat = utf8(name)
  if (threat === '') return null
  if (object.startsWith('instream(')) return { at, path: null, source: 'stream', threat, content }
  if (/^fd\[\d+\]$/.test(object)) return { at, path: null, source: 'descriptor', threat, content }
  return object.startsWith('/') ? { at, path: Buffer.from(object, 'latin1'), source: 'file', threat, content } : null
}

/** What clamonacc's log tells; its lines carry no time. */
export type OnAccessLine = { is: 'found'; path: Buffer; threat: string } | { is: 'moved'; path: Buffer; movedTo: Buffer } | null

export function parseOnAccessLine(line: Buffer): OnAccessLine {
  const text = line.toString('latin1')
  if (!text.startsWith('/')) return null
  const moved = /^(.*): moved to '(.*)'$/s.exec(text)
  if (moved) return { is: 'moved', path: Buffer.from(moved[1]!, 'latin1'), movedTo: Buffer.from(moved[2]!, 'latin1') }
  const cut = text.lastIndexOf(': ')
  if (cut < 1 || !text.endsWith(' FOUND')) return null
  return { is: 'found', path: Buffer.from(text.slice(0, cut), 'latin1'), threat: utf8(text.slice(cut + 2, -' FOUND'.length)) }
}

/**
 * `Sat Nov 21 07:21:11 2026`, in this machine's time zone. Where the clock change repeats an hour, the later instant that is not after `seenAt`.
 * Null: not such a time.
 */
export function parseCtime(text: string, seenAt: Date): Date | null {
  const found = /^[A-Z][a-z]{2} ([A-Z][a-z]{2}) ([ \d]\d) (\d\d):(\d\d):(\d\d) (\d{4})$/.exec(text)
  if (!found) return null
  const month = months.indexOf(found[1]!)
  const [day, hour, minute, second, year] = found.slice(2).map(Number) as [number, number, number, number, number]
  if (month < 0 || day < 1 || day > 31 || hour > 23 || minute > 59 || second > 60) return null
  const early = new Date(year, month, day, hour, minute, second)
  for (const laterMs of [3_600_000, 1_800_000]) {
    const late = new Date(early.getTime() + laterMs)
    if (late.getHours() === hour && late.getMinutes() === minute && late.getTime() <= seenAt.getTime() + 60_000) return late
  }
  return early
}

/** `ClamAV 1.4.6/6/Wed Jun 23 01:34:05 2021`; without a daily database only `ClamAV 1.4.6`: then the pattern is unknown, not 0. */
export function parseVersion(text: string, seenAt: Date): { engine: string | null; pattern: string | null; builtAt: Date | null } {
  const [name = '', pattern, built] = text.split('/')
  const engine = /^ClamAV (\S{1,60})/.exec(name)?.[1] ?? null
  return { engine, pattern: pattern && /^\d+$/.test(pattern) ? pattern : null, builtAt: built ? parseCtime(built.trim(), seenAt) : null }
}

/** First line of a .cvd/.cld: `ClamAV-VDB:22 Jun 2021 21-34 -0400:6:12:...` = build time, version, signatures. Null: not one. */
export function parseDatabaseHeader(bytes: Buffer): { version: string; builtAt: Date | null; signatures: number } | null {
  const [magic, built, version, signatures] = bytes.subarray(0, 512).toString('latin1').split(':')
  if (magic !== 'ClamAV-VDB' || !version || !/^\d+$/.test(version)) return null
  const found = /^(\d{1,2}) ([A-Z][a-z]{2}) (\d{4}) (\d\d)-(\d\d) ([+-]\d\d)(\d\d)$/.exec(built ?? '')
  const month = found ? months.indexOf(found[2]!) : -1
  const iso = found && `${found[3]}-${two(month + 1)}-${two(Number(found[1]))}T${found[4]}:${found[5]}:00${found[6]}:${found[7]}`
  const builtAt = iso && month >= 0 ? new Date(iso) : null
  return { version, builtAt: builtAt && !Number.isNaN(builtAt.getTime()) ? builtAt : null, signatures: Number(signatures) || 0 }
}

/**
 * The end of freshclam's log: when it last looked for updates with success, and whether its last look failed. Needs `LogTime yes` for the time; without it, null.
 */
export function parseUpdateLog(text: string, seenAt: Date): { checkedAt: Date | null; hasFailed: boolean } {
  let checkedAt: Date | null = null
  let hasFailed = false
  for (const run of text.split(/ClamAV update process started at /).slice(1)) {
    const startedAt = parseCtime(run.slice(0, 24), seenAt)
    const isGood = /(daily\.c[lv]d|daily) (database is up-to-date|updated) \(version/.test(run)
    const isBad = /^ERROR: |-> ERROR|Update failed|update failed|\^Update failed/m.test(run)
    if (isGood && !isBad) {
      checkedAt = startedAt ?? checkedAt
      hasFailed = false
    } else if (isBad) hasFailed = true
  }
  return { checkedAt, hasFailed }
}

/** For people: `.UNOFFICIAL` says only that the signature is not from ClamAV's own set. */
export const displayThreat = (threat: string): string => printable(threat.replace(/\.UNOFFICIAL$/, '')).slice(0, 255)

/** A file name as text: what is not UTF-8, and control characters, as `\xNN`, so that two names never look the same. */
export function displayPath(path: Buffer, maxLength = 4_096): string {
  const text = path.toString('utf8')
  const isUtf8 = Buffer.from(text, 'utf8').equals(path)
  const shown = isUtf8 ? printable(text) : printable(path.toString('latin1').replaceAll(/[\u0080-\u00ff]/g, escapeByte))
  return shown.length <= maxLength ? shown : `${shown.slice(0, maxLength - 1)}…`
}

const printable = (text: string): string => text.replaceAll(/[\u0000-\u001f\u007f]/g, escapeByte)
const escapeByte = (c: string): string => `\\x${c.charCodeAt(0).toString(16).padStart(2, '0')}`
const utf8 = (latin1: string): string => Buffer.from(latin1, 'latin1').toString('utf8')
const two = (value: number): string => String(value).padStart(2, '0')
