/** One CSV field: quoted where needed; a cell that a spreadsheet would run as a formula is defused (R36). */
export function csvCell(value: string | number | null): string {
  if (value === null) return ''
  if (typeof value === 'number') return String(value)
  const safe = /^[=+\-@\t\r\0]/.test(value) ? `'${value}` : value
  return /[",\n\r\0]/.test(safe) ? `"${safe.replaceAll('\0', '').replaceAll('"', '""')}"` : safe
}
/** RFC 4180 with a byte-order mark, so that spreadsheets read it as UTF-8. */
export const csv = (head: readonly string[], rows: readonly (readonly (string | number | null)[])[]): string =>
  '\uFEFF' + [head, ...rows].map((row) => row.map(csvCell).join(',')).join('\r\n') + '\r\n'
