import { Readable } from 'node:stream'
import type { FastifyReply } from 'fastify'
import type { TenantDb } from '../db/index.ts'
import { tenantOf, type StreamContext } from './context.ts'
import { csv, csvCell } from './csv.ts'
import { xlsx, xlsxType } from './xlsx.ts'

type Cells = readonly (string | number | null)[]
/** Rows read at once for an export: a short transaction each, so that a slow reader holds no connection. */
export const exportPageSize = 1000

/**
 * A list as a file, CSV or a spreadsheet as was asked, however long: page after page as fast as the reader takes it. What the first page throws is still a problem reply; a fault later
 * cuts the answer off, so that half a file is never taken for a whole one.
 */
export async function streamCsv(
  { services, actor, format }: Pick<StreamContext, 'services' | 'actor' | 'format'>,
  reply: FastifyReply,
  fileName: string,
  head: readonly string[],
  readPage: (db: TenantDb, cursor: string | undefined) => Promise<{ rows: readonly Cells[]; nextCursor: string | null }>,
): Promise<void> {
  const read = (cursor: string | undefined) => services.database.transaction(tenantOf(actor), (db) => readPage(db, cursor))
  const first = await read(undefined)
  if (format === 'xlsx') {
    async function* pages() {
      yield first.rows
      for (let cursor = first.nextCursor; cursor !== null;) {
        const page = await read(cursor)
        yield page.rows
        cursor = page.nextCursor
      }
    }
    void reply.type(xlsxType).header('content-disposition', `attachment; filename="${fileName.replace(/\.csv$/, '')}.xlsx"`)
    await reply.send(xlsx(head, pages()))
    return
  }
  const lines = (rows: readonly Cells[]) => rows.map((row) => `${row.map(csvCell).join(',')}\r\n`).join('')
  async function* pieces() {
    yield csv(head, []) + lines(first.rows)
    for (let cursor = first.nextCursor; cursor !== null;) {
      const page = await read(cursor)
      yield lines(page.rows)
      cursor = page.nextCursor
    }
  }
  void reply.type('text/csv; charset=utf-8').header('content-disposition', `attachment; filename="${fileName}"`)
  await reply.send(Readable.from(pieces(), { objectMode: false }))
}
