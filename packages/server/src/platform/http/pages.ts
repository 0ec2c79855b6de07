import { Problem } from '@vigie/domain/kernel'

/** A cursor is the sort values of the last row shown, opaque to the caller and checked when it comes back. */
export const encodeCursor = (values: readonly (string | number | null)[]): string =>
  Buffer.from(JSON.stringify(values)).toString('base64url')

/** @throws request.invalid when it is not one we made for a sort of this many values */
export function decodeCursor(cursor: string, length: number): (string | number | null)[] {
  try {
    const values: unknown = JSON.parse(Buffer.from(cursor, 'base64url').toString())
    if (
      Array.isArray(values) &&
      values.length === length &&
      values.every((v) => v === null || typeof v === 'string' || typeof v === 'number')
    )
      return values
  } catch {}
  throw new Problem('request.invalid', {}, { fields: [{ path: 'cursor', code: 'invalid' }] })
}
