import { Readable } from 'node:stream'
import type { FastifyReply } from 'fastify'
import type { TenantDb } from '../db/index.ts'
import { tenantOf, type Context } from './context.ts'
import { csv, csvCell } from './csv.ts'

type Cells = readonly (string | number | null)[]
/** Rows read at once for an export: a short transaction each, so that a slow reader holds no connection. */
export const exportPageSize = 1000

/**
 * A list as a file, however long: page after page as fast as the reader takes it. What the first page throws is still a problem reply; a fault later
 * cuts the answer off, so that half a file is never taken for a whole one.
 */
export async function streamCsv(
  { services, actor }: Pick<Context, 'services' | 'actor'>, reply: FastifyReply, fileName: string, head: readonly string[],
  readPage: (db: TenantDb, cursor: string | undefined) => Promise<{ rows: readonly Cells[]; nextCursor: string | null }>,
): Promise<void> {
  const read = (cursor: string | undefined) => services.database.transaction(tenantOf(actor), (db) => readPage(db, cursor))
  const first = await read(undefined)
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
