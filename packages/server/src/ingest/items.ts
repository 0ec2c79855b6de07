import { ClearedItem, DetectionItem, EndpointItem, GapItem, OutcomeItem } from '@vigie/domain/agents'

/** One row for the dead letter: what could not be taken in, and why (R19). */
export interface Refused {
  seq: number
  /** `kind-unknown`, `shape-wrong`, `time-out-of-range`, `not-its-own`, `store-refused`, `gap`. */
  reason: string
  /** First 4 kB as text. */
  item: string
}

/** The items of one batch by kind, each with its sequence number. */
export interface Sorted {
  detections: Numbered<DetectionItem>[]
  cleared: Numbered<ClearedItem>[]
  endpoints: Numbered<EndpointItem>[]
  outcomes: Numbered<OutcomeItem>[]
  refused: Refused[]
}
export interface Numbered<T> {
  seq: number
  item: T
}

const letterLength = 4_096

/**
 * Every item is judged by itself: a bad one never stops the others (R19). A category or outcome nobody here knows is a value like any other. The objects are
 * checked and taken as they are; fields we don't know stay behind when rows are made of them.
 */
export function sortItems(items: readonly unknown[], firstSeq: number): Sorted {
  const sorted: Sorted = { detections: [], cleared: [], endpoints: [], outcomes: [], refused: [] }
  for (let i = 0; i < items.length; i++) sortItem(sorted, items[i], firstSeq + i)
  return sorted
}

function sortItem(sorted: Sorted, item: unknown, seq: number): void {
  const kind: unknown = item !== null && typeof item === 'object' ? (item as { kind?: unknown }).kind : undefined
  switch (kind) {
    case 'detection': {
      const parsed = DetectionItem.safeParse(item)
      if (!parsed.success) return refuse(sorted, item, seq, 'shape-wrong')
      if (!isInRange(parsed.data.at)) return refuse(sorted, item, seq, 'time-out-of-range')
      clean(parsed.data)
      return void sorted.detections.push({ seq, item: parsed.data })
    }
    case 'cleared': {
      const parsed = ClearedItem.safeParse(item)
      if (!parsed.success) return refuse(sorted, item, seq, 'shape-wrong')
      if (!isInRange(parsed.data.at)) return refuse(sorted, item, seq, 'time-out-of-range')
      clean(parsed.data)
      return void sorted.cleared.push({ seq, item: parsed.data })
    }
    case 'endpoint': {
      const parsed = EndpointItem.safeParse(item)
      if (!parsed.success) return refuse(sorted, item, seq, 'shape-wrong')
      if (!instantsOf(parsed.data).every(isInRange)) return refuse(sorted, item, seq, 'time-out-of-range')
      return void sorted.endpoints.push({ seq, item: cleanDeep(parsed.data) })
    }
    case 'outcome': {
      const parsed = OutcomeItem.safeParse(item)
      if (!parsed.success) return refuse(sorted, item, seq, 'shape-wrong')
      if (!isInRange(parsed.data.at)) return refuse(sorted, item, seq, 'time-out-of-range')
      return void sorted.outcomes.push({ seq, item: cleanDeep(parsed.data) })
    }
    case 'gap': {
      const parsed = GapItem.safeParse(item)
      return parsed.success ? refuse(sorted, cleanDeep(parsed.data), seq, 'gap') : refuse(sorted, item, seq, 'shape-wrong')
    }
    default:
      return refuse(sorted, item, seq, 'kind-unknown')
  }
}

/**
 * R11: an agent speaks of its own machine only. What it tells under a name the machine had earlier (new hardware; recorded before a copy got an identity of its own)
 * is told of the same machine; anything else goes to the dead letter.
 */
export function keepOwn(sorted: Sorted, own: string, formerNames: readonly string[]): void {
  const isOwn = <T extends { endpoint: string }>({ seq, item }: Numbered<T>): boolean => {
    if (item.endpoint === own) return true
    if (!formerNames.includes(item.endpoint)) {
      refuse(sorted, item, seq, 'not-its-own')
      return false
    }
    item.endpoint = own
    return true
  }
  if (sorted.detections.some(({ item }) => item.endpoint !== own)) sorted.detections = sorted.detections.filter(isOwn)
  if (sorted.cleared.some(({ item }) => item.endpoint !== own)) sorted.cleared = sorted.cleared.filter(isOwn)
  if (sorted.endpoints.some(({ item }) => item.endpoint !== own)) sorted.endpoints = sorted.endpoints.filter(isOwn)
}

export function refuse(sorted: Pick<Sorted, 'refused'>, item: unknown, seq: number, reason: string): void {
  sorted.refused.push({ seq, reason, item: letterOf(item) })
}

/** Nested too deeply for JSON.stringify (R18): its kind must do. */
function letterOf(item: unknown): string {
  try {
    return cleanText((JSON.stringify(item) ?? 'undefined').slice(0, letterLength))
  } catch {
    return '(nested too deeply)'
  }
}

/** What PostgreSQL and Date both know; a clock that is off by decades is still a clock (R23). */
const isInRange = (at: string | null): boolean => at === null || (at >= '1970' && at < '2200')
const instantsOf = ({ at, engine }: EndpointItem) => [
  at,
  engine?.patternBuiltAt ?? null,
  engine?.updateCheckedAt ?? null,
  engine?.scan.startedAt ?? null,
  engine?.scan.finishedAt ?? null,
]

/** PostgreSQL's texts hold no NUL and no half of a surrogate pair; the rest of a hostile text is data like any other (R12). */
export const cleanText = (text: string): string => (isClean(text) ? text : text.replaceAll('\0', '\uFFFD').toWellFormed())
const isClean = (text: string) => !text.includes('\0') && text.isWellFormed()

function clean(item: DetectionItem | ClearedItem): void {
  const texts = item as unknown as Record<string, unknown>
  for (const key in texts) {
    const value = texts[key]
    if (typeof value === 'string' && !isClean(value)) texts[key] = cleanText(value)
  }
}

function cleanDeep<T>(value: T): T {
  if (typeof value === 'string') return cleanText(value) as T
  if (Array.isArray(value)) return value.map(cleanDeep) as T
  if (value === null || typeof value !== 'object') return value
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [cleanText(key), cleanDeep(inner)])) as T
}
