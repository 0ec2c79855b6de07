import { licencesApi } from '@vigie/domain/licences'
import { record } from '../audit/index.ts'
import { exportPageSize, handle, handleStream, speaker, streamCsv, type Handler } from '../platform/index.ts'
import { licenceCells } from './csv.ts'
import { list } from './store.ts'

export const licenceRoutes: Handler[] = [
  handle(licencesApi.listLicences, async ({ db, now }, { query }) => await list(db, query, now)),

  handleStream(licencesApi.exportLicences, async (context, { query }, reply) => {
    const { actor, origin, services, now } = context
    const say = speaker(actor.locale)
    await streamCsv(
      context,
      reply,
      'licences.csv',
      licenceCells.map(([title]) => say(`column.${title}`)),
      async (db, cursor) => {
        const page = await list(db, { ...query, limit: exportPageSize, cursor: cursor ?? query.cursor }, now)
        if (cursor === undefined)
          await record(
            db,
            services.vault,
            now,
            { kind: 'account', actor, origin },
            {
              activity: 'licence.exported',
              object: { kind: 'licence', id: null, name: 'licences.csv' },
              customerId: query.customerId ?? null,
              after: query,
            },
          )
        return { nextCursor: page.nextCursor, rows: page.rows.map((row) => licenceCells.map(([, cell]) => cell(row, say))) }
      },
    )
  }),
]
