import { inventoryApi, readSought, verdictOf } from '@vigie/domain/inventory'
import { Problem } from '@vigie/domain/kernel'
import { handle, type Handler } from '../platform/index.ts'
import { known } from './store.ts'

export const inventoryRoutes: Handler[] = [
  handle(inventoryApi.diagnose, async ({ db, now }, { body }) => {
    const sought = readSought(body.sought)
    if (sought.kind === 'unreadable') throw new Problem('diagnosis.unreadable', {}, { fields: [{ path: 'sought', code: 'invalid' }] })
    const report = sought.kind === 'report' ? sought.report : null
    // its own ids say best which machine it is; its name and addresses only where it has none yet
    const own = report && [report.agentId, report.guid].filter((id) => id !== null)
    const clues =
      report === null
        ? [sought.kind === 'words' ? sought.words : '']
        : own!.length > 0
          ? own!
          : [report.hostname, ...report.addresses.slice(0, 5)]
    const found = await known(db, clues, now)
    return { verdict: verdictOf(found, report), known: found, hostname: report?.hostname ?? null }
  }),
]
