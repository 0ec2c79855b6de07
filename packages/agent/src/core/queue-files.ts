import { open, readdir, readFile, rename, rm, truncate } from 'node:fs/promises'
import { join } from 'node:path'
import { crc32 } from 'node:zlib'
import { syncFolder } from './files.ts'

/** What the agent remembers beside its items: where it stands in a log, which infections it knows, which command runs. Plain JSON values by key. */
export type State = Record<string, unknown>

/**
 * One line of a segment: checksum, space, JSON. A record is whole or not there, so items and the state that goes with them (a log's cursor moved past the
 * line that became the item) are kept or lost together: that is the agent's half of exactly-once (R22).
 */
export interface QueueRecord {
  /** Sequence of `items[0]`; of the next item, if there are none. */
  first: number
  items: unknown[]
  /** Keys changed by this record; null forgets one. */
  state?: State
  /** Everything up to here was acknowledged. */
  acked?: number
}
/** First line of each segment: stands for all that came before, so that acknowledged segments can go. */
export interface SegmentHeader {
  epoch: string
  next: number
  acked: number
  state: State
}
export interface Segment {
  path: string
  number: number
  epoch: string
  /** Sequence of the first item in it, and of the item after its last. */
  first: number
  next: number
  sizeBytes: number
  /** Its first line, with all state: a segment is not full before it holds some times that. */
  headerBytes: number
}

export function encodeLine(value: QueueRecord | SegmentHeader): Buffer {
  const json = Buffer.from(JSON.stringify(value))
  return Buffer.concat([Buffer.from(`${crc32(json).toString(16).padStart(8, '0')} `), json, Buffer.from('\n')])
}

export function decodeLine<T>(line: Buffer): T | null {
  if (line.length < 10 || line[8] !== 0x20) return null
  const json = line.subarray(9)
  if (crc32(json).toString(16).padStart(8, '0') !== line.subarray(0, 8).toString('latin1')) return null
  try {
    return JSON.parse(json.toString('utf8'))
  } catch {
    return null
  }
}

/** Numbers of the segments in a folder, oldest first. Half-made ones (a temporary name) are removed. */
export async function listSegments(folder: string): Promise<{ path: string; number: number }[]> {
  const found = []
  for (const name of await readdir(folder)) {
    const number = /^(\d{10})\.seg$/.exec(name)?.[1]
    if (number !== undefined) found.push({ path: join(folder, name), number: Number(number) })
    else if (name.endsWith('.new')) await rm(join(folder, name), { force: true })
  }
  return found.sort((a, b) => a.number - b.number)
}

/** A new segment with its header appears whole or not at all. */
export async function makeSegment(
  folder: string,
  number: number,
  header: SegmentHeader,
  records: readonly QueueRecord[] = [],
): Promise<Segment> {
  const path = join(folder, `${String(number).padStart(10, '0')}.seg`)
  const head = encodeLine(header)
  const bytes = Buffer.concat([head, ...records.map(encodeLine)])
  const file = await open(`${path}.new`, 'w', 0o600)
  try {
    await file.write(bytes, 0, bytes.length, 0)
    await file.sync()
  } catch (error) {
    await file.close()
    await rm(`${path}.new`, { force: true })
    throw error
  }
  await file.close()
  await rename(`${path}.new`, path)
  await syncFolder(folder)
  const last = records.at(-1)
  return {
    path,
    number,
    epoch: header.epoch,
    first: header.next,
    next: last ? last.first + last.items.length : header.next,
    sizeBytes: bytes.length,
    headerBytes: head.length,
  }
}

export interface LoadedSegment {
  segment: Segment
  header: SegmentHeader
  records: QueueRecord[]
  /** Lines that were there and could not be read although good ones follow: the disk damaged them. */
  damagedLines: number
}

/**
 * Reads one segment. A bad end (the last write was cut) is cut off if `repair`; a bad line with good ones after it is counted.
 * Null: its first line is unreadable.
 */
export async function readSegment(path: string, number: number, repair = false): Promise<LoadedSegment | null> {
  const bytes = await readFile(path)
  let header: SegmentHeader | null = null
  const records: QueueRecord[] = []
  let [goodUntil, headerBytes, badSinceGood, damagedLines] = [0, 0, 0, 0]
  for (let start = 0; start < bytes.length;) {
    const end = bytes.indexOf(0x0a, start)
    if (end < 0) break
    const line = bytes.subarray(start, end)
    start = end + 1
    if (header === null) {
      header = decodeLine<SegmentHeader>(line)
      if (header === null) return null
      headerBytes = start
    } else {
      const record = decodeLine<QueueRecord>(line)
      if (record === null) {
        badSinceGood++
        continue
      }
      records.push(record)
      damagedLines += badSinceGood
      badSinceGood = 0
    }
    goodUntil = start
  }
  if (header === null) return null
  if (repair && goodUntil < bytes.length) await truncate(path, goodUntil)
  const last = records.at(-1)
  const next = last ? last.first + last.items.length : header.next
  const segment = { path, number, epoch: header.epoch, first: header.next, next, sizeBytes: repair ? goodUntil : bytes.length, headerBytes }
  return { segment, header, records, damagedLines }
}
