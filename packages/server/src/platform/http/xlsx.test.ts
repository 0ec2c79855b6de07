import { buffer } from 'node:stream/consumers'
import { inflateRawSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { xlsx, xmlText } from './xlsx.ts'

type Cells = (string | number | null)[]
async function* pagesOf(...pages: Cells[][]) {
  yield* pages
}

/** Reads a ZIP by its central directory (APPNOTE 4.3.12), as spreadsheets do. */
function unzip(bytes: Buffer): Map<string, string> {
  const end = bytes.lastIndexOf(Buffer.from('504b0506', 'hex'))
  const files = new Map<string, string>()
  let at = bytes.readUInt32LE(end + 16)
  for (let n = 0; n < bytes.readUInt16LE(end + 10); n++) {
    const [method, size, nameLength, extraLength, commentLength, local] = [
      bytes.readUInt16LE(at + 10),
      bytes.readUInt32LE(at + 20),
      bytes.readUInt16LE(at + 28),
      bytes.readUInt16LE(at + 30),
      bytes.readUInt16LE(at + 32),
      bytes.readUInt32LE(at + 42),
    ]
    const from = local + 30 + bytes.readUInt16LE(local + 26) + bytes.readUInt16LE(local + 28)
    const content = bytes.subarray(from, from + size)
    files.set(bytes.toString('utf8', at + 46, at + 46 + nameLength), (method === 8 ? inflateRawSync(content) : content).toString('utf8'))
    at += 46 + nameLength + extraLength + commentLength
  }
  return files
}
const texts = (xml: string) =>
  [...xml.matchAll(/<row>(.*?)<\/row>/gs)].map(([, cells]) =>
    [...cells!.matchAll(/<c[^>]*?(?:\/>|>(?:<is><t[^>]*>(.*?)<\/t><\/is>|<v>(.*?)<\/v>)<\/c>)/gs)].map(
      ([, text, number]) => text ?? number ?? null,
    ),
  )

describe('a table as a spreadsheet (EVT-4)', () => {
  it('is a package with all its parts, and every row in order', async () => {
    const files = unzip(await buffer(xlsx(['Name', 'Count'], pagesOf([['Bäckerei “Müller” & Söhne', 3]], [['港', null]]))))
    expect([...files.keys()].toSorted()).toEqual([
      '[Content_Types].xml',
      '_rels/.rels',
      'xl/_rels/workbook.xml.rels',
      'xl/styles.xml',
      'xl/workbook.xml',
      'xl/worksheets/sheet1.xml',
    ])
    expect(texts(files.get('xl/worksheets/sheet1.xml')!)).toEqual([
      ['Name', 'Count'],
      ['Bäckerei “Müller” &amp; Söhne', '3'],
      ['港', null],
    ])
  })

  it.each(['=1+1', '+1', '-1', '@SUM(A1)', '\t=1', '\r=1', "=cmd|' /C calc'!A0"])(
    '%j stays a text, also when its cell is edited (R36)',
    async (hostile) => {
      const sheet = unzip(await buffer(xlsx(['Name'], pagesOf([[hostile]])))).get('xl/worksheets/sheet1.xml')!
      expect(sheet).toContain('<c s="2" t="inlineStr">')
      expect(sheet).not.toMatch(/<f[ >]/)
    },
  )

  it('what XML may not hold, and what looks like an escape', () => {
    expect(xmlText('a\0b\x1fc\ud800d')).toBe('a\ufffdb\ufffdc\ufffdd')
    expect(xmlText('_x0041_ </t>&')).toBe('_x005F_x0041_ &lt;/t&gt;&amp;')
    expect(xmlText('x'.repeat(40_000))).toHaveLength(32_767)
  })

  it('more rows than a sheet holds go on in the next, each with its head', async () => {
    const files = unzip(await buffer(xlsx(['n'], pagesOf([[1], [2], [3]], [[4], [5]]), 3)))
    const sheets = [1, 2, 3].map((n) => texts(files.get(`xl/worksheets/sheet${n}.xml`)!))
    expect(sheets).toEqual([
      [['n'], ['1'], ['2']],
      [['n'], ['3'], ['4']],
      [['n'], ['5']],
    ])
    expect([...files.get('xl/workbook.xml')!.matchAll(/<sheet /g)]).toHaveLength(3)
  })

  it('a fault in the middle leaves no whole file', async () => {
    async function* broken() {
      yield [['a']]
      throw new Error('the database went away')
    }
    await expect(buffer(xlsx(['Name'], broken()))).rejects.toThrow('the database went away')
  })

  it('holds nothing: reads the next page when the one before was taken', async () => {
    let read = 0
    async function* endless() {
      for (;;) {
        read += 1
        yield Array.from({ length: 1_000 }, (_, n) => [`${read}-${n}-${Math.random()}`])
      }
    }
    const stream = xlsx(['Name'], endless())
    let taken = 0
    for await (const chunk of stream) {
      taken += (chunk as Buffer).length
      if (taken > 300_000) break
    }
    expect(read).toBeLessThan(60)
  })
})
