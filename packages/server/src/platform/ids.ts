import { randomBytes } from 'node:crypto'
import { uuidV7 } from '@vigie/domain/kernel'

let lastMs = 0
let lastCount = 0

/**
 * UUIDv7 of now: ids of one process sort in the order they were made, also within one millisecond (RFC 9562, 6.2 method 1: the 12 bits after the time count).
 * A clock that is set back, or more than 4,096 ids in a millisecond, borrow from the milliseconds to come.
 */
export function newId(now: Date = new Date()): string {
  const random = randomBytes(10)
  const ms = now.getTime()
  if (ms > lastMs || lastMs - ms > 60_000) {
    lastMs = ms
    lastCount = random.readUInt16BE(0) & 0x03ff // room to count up
  } else if (++lastCount > 0x0fff) {
    lastMs += 1
    lastCount = 0
  }
  random.writeUInt16BE(lastCount, 0)
  return uuidV7(lastMs, random)
}
/** 256 random bits for links, sessions and one-use keys, base64url. */
export const newToken = (): string => randomBytes(32).toString('base64url')
