import { Readable } from 'node:stream'
import { finished } from 'node:stream/promises'
import { ZipFile } from 'yazl'

type Cells = readonly (string | number | null)[]

export const xlsxType = 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet'
/** What a sheet holds, its head with it, and a cell (ECMA-376; Excel's own limits). */
const limits = { rows: 1_048_576, characters: 32_767 }

const declaration = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
const main = 'http://schemas.openxmlformats.org/spreadsheetml/2006/main'
const relations = 'http://schemas.openxmlformats.org/officeDocument/2006/relationships'
const packaged = 'http://schemas.openxmlformats.org/package/2006'

/**
 * A table as a spreadsheet, however long (decision 35): rows go out as they come, so that nothing is held. Texts are texts: none is ever a formula, not even after somebody edits its cell (R36).
 * @param pages rows, a page at a time
 */
export function xlsx(head: readonly string[], pages: AsyncIterable<readonly Cells[]>, rowsPerSheet = limits.rows): Readable {
  const zip = new ZipFile()
  const output = zip.outputStream as Readable
  const fail = (error: unknown) => void output.destroy(error instanceof Error ? error : new Error(String(error)))
  zip.on('error', fail)
  void write(zip, head, pages[Symbol.asyncIterator](), rowsPerSheet).catch(fail)
  return output
}

async function write(zip: ZipFile, head: readonly string[], pages: AsyncIterator<readonly Cells[]>, rowsPerSheet: number): Promise<void> {
  const rest: Rest = { rows: [], isOver: false }
  let sheets = 0
  do {
    sheets += 1
    const sheet = Readable.from(sheetXml(head, pages, rest, rowsPerSheet - 1), { objectMode: false })
    zip.addReadStream(sheet, `xl/worksheets/sheet${sheets}.xml`)
    await finished(sheet)
  } while (!rest.isOver)
  const numbers = Array.from({ length: sheets }, (_, index) => index + 1)
  const add = (name: string, xml: string) => zip.addBuffer(Buffer.from(declaration + xml), name)
  add(
    'xl/workbook.xml',
    `<workbook xmlns="${main}" xmlns:r="${relations}"><sheets>${numbers.map((n) => `<sheet name="${n}" sheetId="${n}" r:id="rId${n}"/>`).join('')}</sheets></workbook>`,
  )
  add(
    'xl/_rels/workbook.xml.rels',
    `<Relationships xmlns="${packaged}/relationships">${numbers.map((n) => `<Relationship Id="rId${n}" Type="${relations}/worksheet" Target="worksheets/sheet${n}.xml"/>`).join('')}<Relationship Id="rId${sheets + 1}" Type="${relations}/styles" Target="styles.xml"/></Relationships>`,
  )
  add('xl/styles.xml', styles)
  add(
    '_rels/.rels',
    `<Relationships xmlns="${packaged}/relationships"><Relationship Id="rId1" Type="${relations}/officeDocument" Target="xl/workbook.xml"/></Relationships>`,
  )
  const part = (name: string, type: string) =>
    `<Override PartName="/xl/${name}.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.${type}+xml"/>`
  add(
    '[Content_Types].xml',
    `<Types xmlns="${packaged}/content-types"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Default Extension="xml" ContentType="application/xml"/>${part('workbook', 'sheet.main')}${part('styles', 'styles')}${numbers.map((n) => part(`worksheets/sheet${n}`, 'worksheet')).join('')}</Types>`,
  )
  zip.end()
}

/** Style 0 plain, 1 head, 2 a text that looks like a formula: `quotePrefix` keeps it a text when its cell is edited. */
const styles = `<styleSheet xmlns="${main}"><fonts count="2"><font><sz val="11"/><name val="Calibri"/></font><font><b/><sz val="11"/><name val="Calibri"/></font></fonts><fills count="2"><fill><patternFill patternType="none"/></fill><fill><patternFill patternType="gray125"/></fill></fills><borders count="1"><border><left/><right/><top/><bottom/><diagonal/></border></borders><cellStyleXfs count="1"><xf/></cellStyleXfs><cellXfs count="3"><xf/><xf fontId="1" applyFont="1"/><xf quotePrefix="1"/></cellXfs></styleSheet>`

interface Rest {
  /** Rows that the sheet before had no room for. */
  rows: readonly Cells[]
  isOver: boolean
}

async function* sheetXml(
  head: readonly string[],
  pages: AsyncIterator<readonly Cells[]>,
  rest: Rest,
  room: number,
): AsyncGenerator<string> {
  yield `${declaration}<worksheet xmlns="${main}"><sheetViews><sheetView workbookViewId="0"><pane ySplit="1" topLeftCell="A2" activePane="bottomLeft" state="frozen"/></sheetView></sheetViews><sheetData>${row(head, 1)}`
  let left = room
  for (;;) {
    if (rest.rows.length === 0) {
      const page = await pages.next()
      if (page.done === true) {
        rest.isOver = true
        break
      }
      rest.rows = page.value
    }
    const fits = rest.rows.slice(0, left)
    rest.rows = rest.rows.slice(left)
    left -= fits.length
    if (fits.length > 0) yield fits.map((cells) => row(cells)).join('')
    if (left === 0 && rest.rows.length > 0) break
  }
  yield '</sheetData></worksheet>'
}

const row = (cells: Cells, style?: number): string => `<row>${cells.map((value) => cell(value, style)).join('')}</row>`

function cell(value: string | number | null, style?: number): string {
  if (value === null || value === '') return '<c/>'
  if (typeof value === 'number') return Number.isFinite(value) ? `<c><v>${value}</v></c>` : '<c/>'
  const marked = style ?? (/^[=+\-@\t\r\n]/.test(value) ? 2 : 0)
  return `<c${marked === 0 ? '' : ` s="${marked}"`} t="inlineStr"><is><t xml:space="preserve">${xmlText(value)}</t></is></c>`
}

/** As XML takes it: what no XML may hold is shown as "not a character"; `_x0041_`, which a spreadsheet would read as "A", stays itself. */
export function xmlText(value: string): string {
  const short = value.length > limits.characters ? `${value.slice(0, limits.characters - 1)}…` : value
  return short
    .toWellFormed()
    .replaceAll(/[\0-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]/g, '\ufffd')
    .replaceAll(/_(?=x[0-9a-fA-F]{4}_)/g, '_x005F_')
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('\r', '&#13;')
}
