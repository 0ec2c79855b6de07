import { agentAbnormal } from './agent-abnormal.ts'
import { agentOffline } from './agent-offline.ts'
import { antivirus } from './antivirus.ts'
import { componentUpdate } from './component-update.ts'
import { dataFreshness } from './data-freshness.ts'
import { antiSpam } from './anti-spam.ts'
import { smartProtection } from './smart-protection.ts'
import { mailServer } from './mail-server.ts'
import { applianceFailure } from './appliance-failure.ts'
import { diskSpace } from './disk-space.ts'
import { gatewayWebThreats } from './gateway-web-threats.ts'
import { licenceExpired } from './licence-expired.ts'
import { licenceExpiring } from './licence-expiring.ts'
import { seatsExceeded } from './seats-exceeded.ts'
import { antiSpyware } from './anti-spyware.ts'
import { networkVirus } from './network-virus.ts'
import { webReputation } from './web-reputation.ts'
import { behaviourMonitoring } from './behaviour-monitoring.ts'
import { urlFiltering } from './url-filtering.ts'
import { deviceControl } from './device-control.ts'
import { botnet } from './botnet.ts'
import { ips } from './ips.ts'
import { outbreakDefence } from './outbreak-defence.ts'
import type { Category } from './define.ts'
import type { CategoryGroup } from './types.ts'
import { managedServer } from './managed-server.ts'

export {
  assess,
  defineCategory,
  fact,
  farAwayDays,
  indexesInForce,
  reportedServices,
  type Category,
  type Condition,
  type Fact,
  type InForce,
  type Index,
  type IndexLevel,
  type ReportedService,
  type Verdict,
} from './define.ts'
export { isCalm, isKeptAsSpans, isLowWorse, leastKept, reopenWithinMs, replay, type FactHour, type Past, type Replayed } from './replay.ts'
export { holdOn, numberAt, restOf, spanKind, spansOfHeld, unknownMs, type FactSpan, type Held } from './spans.ts'
export { fullestPercent } from './disk-space.ts'
export { categoryGroups, type CategoryGroup } from './types.ts'
export {
  antiSpam,
  smartProtection,
  mailServer,
  applianceFailure,
  diskSpace,
  gatewayWebThreats,
  licenceExpired,
  licenceExpiring,
  seatsExceeded,
}
export {
  agentAbnormal,
  agentOffline,
  antiSpyware,
  networkVirus,
  webReputation,
  behaviourMonitoring,
  urlFiltering,
  deviceControl,
  botnet,
  ips,
  antivirus,
  outbreakDefence,
  componentUpdate,
  dataFreshness,
  managedServer,
}

export const categories: readonly Category[] = [
  outbreakDefence,
  antivirus,
  antiSpyware,
  networkVirus,
  webReputation,
  behaviourMonitoring,
  urlFiltering,
  deviceControl,
  botnet,
  ips,
  gatewayWebThreats,
  antiSpam,
  componentUpdate,
  smartProtection,
  diskSpace,
  applianceFailure,
  mailServer,
  managedServer,
  agentAbnormal,
  agentOffline,
  dataFreshness,
  licenceExpired,
  licenceExpiring,
  seatsExceeded,
] as unknown as readonly Category[]
export const categoryById: ReadonlyMap<string, Category> = new Map(categories.map((category) => [category.id, category]))

export const categoriesOfGroup = (group: CategoryGroup): string[] =>
  categories.filter((category) => category.group === group).map(({ id }) => id)

/** Whether it is raised by what is counted over time, which a reset can begin anew; the others hold as long as the product says so (EVT-4). */
export function isCounted({ category, condition }: { category: string; condition: string }): boolean {
  const of = categoryById.get(category)
  return of?.facts[of.conditions[condition]?.concerns ?? '']?.of === 'detections'
}

/** Conditions that lists may tell of together. */
export const conditionsOfMany: readonly { category: string; condition: string }[] = categories.flatMap(({ id, conditions }) =>
  Object.entries(conditions).flatMap(([condition, { isOfMany }]) => (isOfMany ? [{ category: id, condition }] : [])),
)
