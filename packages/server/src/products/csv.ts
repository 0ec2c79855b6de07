import type { AddressSpan, Endpoint, Product, productsApi } from '@vigie/domain/products'
import type { speaker } from '../platform/index.ts'

type Say = ReturnType<typeof speaker>
type Column = (typeof productsApi.endpointCsvColumns)[number]

/** A word of a newer agent or version has no text yet: it is shown as it is (R19). */
const named = (say: Say, key: string, word: string): string => (say.has(key) ? say(key) : word)

/** `places`: where it was, if that is asked for and may be seen. */
type ExportedEndpoint = Endpoint & { places: readonly AddressSpan[] }

/** What an endpoint's row says in each column; titles are `column.<title>`. */
export const endpointCells: Record<Column, [title: string, cell: (row: ExportedEndpoint, say: Say) => string | number | null]> = {
  name: ['endpoint', (row) => row.name],
  customerName: ['customer', (row) => row.customerName],
  tags: ['tags', (row) => row.tags.join(', ')],
  productName: ['product', (row) => row.productName],
  productType: ['product-type', (row, say) => named(say, `product-type.${row.typeId}.name`, row.typeId)],
  group: ['group', (row, say) => row.groupLabel ?? named(say, `group.${row.group}`, row.group)],
  addresses: ['addresses', (row) => row.addresses?.join(' ') ?? null],
  formerAddresses: [
    'former-addresses',
    ({ places }) =>
      places
        .filter(({ isCurrent }) => !isCurrent)
        .map(({ address, firstSeenAt, lastSeenAt }) => `${address} (${firstSeenAt}/${lastSeenAt})`)
        .join(' ') || null,
  ],
  platform: ['platform', (row) => row.platform],
  state: ['agent-state', (row, say) => say(`agent-state.${row.state}`)],
  agentVersion: ['agent-version', (row) => row.agentVersion],
  agentId: ['agent-id', (row) => row.agentId],
  fingerprint: ['fingerprint', (row) => row.fingerprint],
  missingProtection: ['missing-protection', (row, say) => row.missingProtection && say(`missing-protection.${row.missingProtection}`)],
  outdated: ['outdated', (row, say) => row.outdated.map((one) => say(`outdated.${one}`)).join(', ')],
  engine: ['engine', ({ engine }) => engine?.engine ?? null],
  engineVersion: ['engine-version', ({ engine }) => engine?.engineVersion ?? null],
  patternVersion: ['pattern-version', ({ engine }) => engine?.patternVersion ?? null],
  patternBuiltAt: ['pattern-built', ({ engine }) => engine?.patternBuiltAt ?? null],
  updateCheckedAt: ['update-checked', ({ engine }) => engine?.updateCheckedAt ?? null],
  realTimeScan: [
    'real-time-scan',
    ({ engine }, say) => (engine ? named(say, `real-time-scan.${engine.realTimeScan}`, engine.realTimeScan) : null),
  ],
  lastScan: ['last-scan', ({ engine }) => engine?.scan.finishedAt ?? null],
  openInfections: ['open-infections', (row) => row.openInfections],
  lastSeenAt: ['received', (row) => row.receivedAt],
  isStale: ['stale', (row, say) => say(row.isStale ? 'common.yes' : 'common.no')],
  collectedAt: ['collected', (row) => row.collectedAt],
}

/** And a product's row. */
export const productCells: Record<string, [title: string, cell: (row: Product, say: Say) => string | number | null]> = {
  description: ['product', (row) => row.description],
  customerName: ['customer', (row) => row.customerName],
  productType: ['product-type', (row, say) => named(say, `product-type.${row.typeId}.name`, row.typeId)],
  state: ['agent-state', (row, say) => say(`agent-state.${row.state}`)],
  actionRequired: ['action-required', (row) => row.attention.actionRequired],
  warning: ['warning', (row) => row.attention.warning],
  endpointCount: ['endpoint-count', (row) => row.endpointCount],
  lastSeenAt: ['last-seen', (row) => row.lastSeenAt],
  isStale: ['stale', (row, say) => say(row.isStale ? 'common.yes' : 'common.no')],
  createdAt: ['created', (row) => row.createdAt],
  guid: ['guid', (row) => row.guid],
}
