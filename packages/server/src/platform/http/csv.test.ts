import type { Readable } from 'node:stream'
import { setImmediate as turn } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { csv, csvCell } from './csv.ts'
import { exportPageSize, streamCsv } from './csv-stream.ts'

/** RFC 4180, as a spreadsheet reads it. */
function read(text: string): string[][] {
  const rows: string[][] = [[]]
  let [cell, isQuoted, i] = ['', false, 0]
  const end = () => {
    rows.at(-1)!.push(cell)
    cell = ''
  }
  for (; i < text.length; i++) {
    const sign = text[i]!
    if (isQuoted && sign === '"' && text[i + 1] === '"') cell += text[i++]
    else if (sign === '"' && (isQuoted || cell === '')) isQuoted = !isQuoted
    else if (!isQuoted && sign === ',') end()
    else if (!isQuoted && sign === '\r' && text[i + 1] === '\n') {
      end()
      rows.push([])
      i++
    } else cell += sign
  }
  return rows.filter((row) => row.length > 0)
}

describe('CSV (R36)', () => {
  it.each([
    ['=1+1', "'=1+1"],
    ['+1', "'+1"],
    ['-1', "'-1"],
    ['@SUM(A1)', "'@SUM(A1)"],
    ['\t=1', "'\t=1"],
    ['a=1', 'a=1'],
    ['', ''],
  ])('%j is written %j', (hostile, written) => expect(csvCell(hostile)).toBe(written))

  it('a number stays one, also below zero; nothing is nothing', () => expect([csvCell(-3), csvCell(null)]).toEqual(['-3', '']))

  it('100,000 random cells of the signs that matter: each is one cell, none runs, none is lost', () => {
    let state = 20_261_121
    const random = (below: number) => (state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0) % below
    const signs = ['=', '+', '-', '@', '\t', '\r', '\n', '\0', '"', '""', "'", ',', ';', ' ', 'a', 'é', '日', '\u{1F600}', '\r\n']
    for (let n = 0; n < 1_000; n++) {
      const rows = Array.from({ length: 10 }, () =>
        Array.from({ length: 10 }, () => Array.from({ length: random(6) }, () => signs[random(signs.length)]!).join('')),
      )
      const found = read(csv(rows[0]!, rows.slice(1)).slice(1))
      const expected = rows.map((row) => row.map((text) => (/^[=+\-@\t\r\0]/.test(text) ? `'${text}` : text).replaceAll('\0', '')))
      expect(found).toEqual(expected)
      expect(found.flat().filter((text) => /^[=+\-@\t\r\0]/.test(text))).toEqual([])
    }
  })
})

describe('a list as a file (issue 4, point 3)', () => {
  it.each(['csv', 'xlsx'] as const)(
    '%s: whoever does not read lets no more pages be read, however many there are; whoever reads gets all',
    async (format) => {
      const pages = 40
      let [read, sent] = [0, null as Readable | null]
      const reply = { type: () => reply, header: () => reply, send: async (stream: Readable) => void (sent = stream) }
      // cells that no compression makes small
      const row = (n: number) => [`${n}`, Array.from({ length: 8 }, (_, i) => ((n * 2654435761 + i * 40503) >>> 0).toString(36)).join('')]
      await streamCsv(
        {
          services: { database: { transaction: async (_: unknown, work: (db: unknown) => unknown) => await work({}) } },
          actor: {},
          format,
        } as never,
        reply as never,
        'list.csv',
        ['n', 'words'],
        async (_db, cursor) => {
          const page = Number(cursor ?? 0)
          read += 1
          return {
            rows: Array.from({ length: exportPageSize }, (_, n) => row(page * exportPageSize + n)),
            nextCursor: page + 1 < pages ? String(page + 1) : null,
          }
        },
      )
      for (let n = 0; n < 200; n++) await turn()
      expect(read).toBeLessThan(6)
      let bytes = 0
      for await (const chunk of sent! as AsyncIterable<Buffer>) bytes += chunk.length
      expect(read).toBe(pages)
      expect(bytes).toBeGreaterThan(pages * exportPageSize * (format === 'csv' ? 40 : 10))
    },
  )
})
