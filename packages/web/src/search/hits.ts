import type { SearchHit, SearchKind } from '@vigie/domain/search'
import { eventTitle } from '../events/index.ts'
import { paths } from '../kit/paths.ts'
import type { Sign } from '../kit/Severity.tsx'
import type { Speaker } from '../kit/text.tsx'
import type { IconName } from '../ui/icons.tsx'

export const kindIcons: Readonly<Record<SearchKind, IconName>> = {
  customer: 'customers',
  product: 'shield',
  endpoint: 'server',
  event: 'events',
  threat: 'warning',
  account: 'user',
}

export interface Shown {
  name: string
  /** By what it was found, where its name does not say it; what tells it from others of the same name. */
  detail: string
  /** Whose it is; empty: it is nobody's. */
  customer: string
  sign: Sign | null
  to: string
}

/** A found thing in the reader's words, and the way to it. */
export function shown(say: Speaker, hit: SearchHit): Shown {
  if (hit.kind === 'customer')
    return { name: hit.name, detail: hit.contact ?? hit.accountId, customer: '', sign: null, to: paths.customer({ customerId: hit.id }) }
  if (hit.kind === 'product')
    return {
      name: hit.name,
      detail: say(`product-type.${hit.typeId}.name`),
      customer: hit.customerName,
      sign: null,
      to: paths.product({ productId: hit.id }),
    }
  if (hit.kind === 'endpoint') {
    const detail = hit.formerName === null ? (hit.address ?? hit.productName) : say('search.former', { name: hit.formerName })
    return { name: hit.name, detail, customer: hit.customerName, sign: null, to: paths.endpoint({ endpointId: hit.id }) }
  }
  if (hit.kind === 'event')
    return {
      name: eventTitle(say, hit),
      detail: hit.threat ?? hit.productName,
      customer: hit.customerName,
      sign: hit.state === 'resolved' ? null : hit.severity,
      to: paths.event({ eventId: hit.id }),
    }
  if (hit.kind === 'threat')
    return {
      name: hit.name,
      detail: hit.productName,
      customer: hit.customerName,
      sign: null,
      to: paths.detections({ productId: hit.productId, threat: hit.name, ...daysOf(hit) }),
    }
  return { name: hit.name, detail: hit.email, customer: '', sign: null, to: paths.accounts({ account: hit.id }) }
}

const dayMs = 86_400_000
/** Its records count within these days (UTC): so that the list has them at once, however many came since. */
const daysOf = ({ firstOn, lastOn }: { firstOn: string; lastOn: string }) => ({
  countedFrom: `${firstOn}T00:00:00.000Z`,
  countedUntil: new Date(Date.parse(lastOn) + dayMs).toISOString(),
})
