import type { ProductType } from '@vigie/domain/products'
import { clamavEndpoint } from './clamav-endpoint/index.ts'
import { clamavSiteServer } from './clamav-site-server/index.ts'
import { cloudEdge } from './cloud-edge/index.ts'
import { hostedEmailSecurity } from './hosted-email-security/index.ts'
import { microsoftDefender } from './microsoft-defender/index.ts'
import { rspamd } from './rspamd/index.ts'
import { squidGateway } from './squid-gateway/index.ts'
import { suricata } from './suricata/index.ts'
import { threatDiscovery } from './threat-discovery/index.ts'
import { threatMitigator } from './threat-mitigator/index.ts'
import { visionOne } from './vision-one/index.ts'
import { wfbsA } from './wfbs-a/index.ts'
import { wfbsS } from './wfbs-s/index.ts'
import { wfbsSvc } from './wfbs-svc/index.ts'

export { defineProductType } from './define.ts'

/** The catalogue (PRD-1), in the order "add product" offers it: what connects first. One folder a type; the folder's name is the id. */
export const productTypes: readonly ProductType[] = [
  clamavEndpoint,
  clamavSiteServer,
  microsoftDefender,
  rspamd,
  squidGateway,
  suricata,
  wfbsS,
  wfbsA,
  wfbsSvc,
  hostedEmailSecurity,
  cloudEdge,
  threatDiscovery,
  threatMitigator,
  visionOne,
]

/** `undefined`: no such type in this version (a row of a newer one): show it by its id, offer nothing. */
export const productTypeById: ReadonlyMap<string, ProductType> = new Map(productTypes.map((type) => [type.id, type]))
