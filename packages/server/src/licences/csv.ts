import type { Licence } from '@vigie/domain/licences'
import type { speaker } from '../platform/index.ts'

type Say = ReturnType<typeof speaker>

/** What a licence's row says in each column; titles are `column.<title>`. */
export const licenceCells: readonly [title: string, cell: (row: Licence, say: Say) => string | number | null][] = [
  ['product', (row) => row.productName],
  ['customer', (row) => row.customerName],
  ['product-type', (row, say) => (say.has(`product-type.${row.typeId}.name`) ? say(`product-type.${row.typeId}.name`) : row.typeId)],
  ['licence-kind', (row, say) => say(`licence-kind.${row.kind}`)],
  ['licence-state', (row, say) => say(`licence-state.${row.state}`)],
  ['licence-end', (row) => row.expiresAt],
  ['seats', (row) => row.seats],
  ['seats-used', (row) => row.seatsUsed],
  ['last-seen', (row) => row.lastSeenAt],
]
