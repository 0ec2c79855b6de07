/**
 * Columns of many rows as PostgreSQL's own binary arrays: parameters for `unnest($1::integer[])` and the like. Reading them costs the database a fifth of what JSON costs it (docs/decisions/0045), so they
 * are for what comes by the thousand; all else is easier read as `json_to_recordset`. Layout: PostgreSQL's array_recv, one dimension, no nulls.
 */

const oids = { integer: 23, text: 25, timestamptz: 1184, bytea: 17 } as const

/** Whole numbers of 32 bits. */
export function integerArray(values: readonly number[]): Buffer {
  const [out, start] = arrayOf(oids.integer, values.length, values.length * 4)
  let at = start
  for (const value of values) at = out.writeInt32BE(value, out.writeInt32BE(4, at))
  return out
}

/** Texts that PostgreSQL can hold: no NUL, no half of a surrogate pair. */
export function textArray(values: readonly string[]): Buffer {
  // a UTF-16 unit is three bytes at most
  const [out, start] = arrayOf(
    oids.text,
    values.length,
    values.reduce((sum, value) => sum + value.length * 3, 0),
  )
  let at = start
  for (const value of values) {
    const length = out.write(value, at + 4)
    out.writeInt32BE(length, at)
    at += 4 + length
  }
  return out.subarray(0, at)
}

/** Bytes given as pairs of hexadecimal digits. */
export function bytesArray(values: readonly string[]): Buffer {
  const [out, start] = arrayOf(
    oids.bytea,
    values.length,
    values.reduce((sum, value) => sum + value.length / 2, 0),
  )
  let at = start
  for (const value of values) {
    const length = out.write(value, at + 4, 'hex')
    if (length * 2 !== value.length) throw new Error('bytes are pairs of hexadecimal digits')
    out.writeInt32BE(length, at)
    at += 4 + length
  }
  return out
}

const epochUs = Date.UTC(2000, 0, 1) * 1_000

/** Instants in whole microseconds since 1970. */
export function instantArray(values: readonly number[]): Buffer {
  const [out, start] = arrayOf(oids.timestamptz, values.length, values.length * 8)
  let at = start
  for (const value of values) {
    const us = value - epochUs
    const high = Math.floor(us / 2 ** 32)
    at = out.writeUInt32BE(us - high * 2 ** 32, out.writeInt32BE(high, out.writeInt32BE(8, at)))
  }
  return out
}

/** The head of an array, with room for so many elements of so many bytes together; and where the first one goes. */
function arrayOf(oid: number, length: number, bytes: number): [Buffer, number] {
  const out = Buffer.allocUnsafe(20 + length * 4 + bytes)
  let at = 0
  for (const word of [1, 0, oid, length, 1]) at = out.writeInt32BE(word, at)
  return [out, at]
}
