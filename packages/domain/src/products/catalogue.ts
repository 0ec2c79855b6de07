import * as z from 'zod'
import { commandTypes } from '../commands/types.ts'

/** What role a product plays (mission §0). Screens, rules and reports read the family or the type's properties, never a type's name. */
export const families = ['endpoint-server', 'endpoint-hosted', 'email', 'gateway', 'network-sensor', 'platform'] as const
export const Family = z.enum(families)
export type Family = z.infer<typeof Family>

/**
 * PRD-1. One entry of the catalogue; a type is a folder in `connectors/src/products/<type>/`. Texts: `product-type.<id>.name` and
 * `.about`. Add a property here when a screen or rule would otherwise have to ask which type it is.
 */
export const ProductType = z.object({
  id: z.string().regex(/^[a-z0-9-]{2,40}$/),
  family: Family,
  /** How it reaches us: our agent on the machine; a cloud API; syslog. Decides what "how to connect" shows. */
  connection: z.enum(['agent', 'api', 'syslog']),
  /** The agent engine that serves it, where `connection` is `agent`. */
  engine: z.string().nullable(),
  /** AGT-8: other endpoints' agents may report through this one. */
  isSiteServer: z.boolean(),
  /** Event categories that are assessed for it. */
  categories: z.array(z.string()),
  commands: z.array(z.enum(commandTypes)),
  /** Domain settings it takes (AGT-4): ids of `settings`. */
  settings: z.array(z.string()),
  /** It lets or blocks web addresses by lists (ADM-2). Source: the maker's manual; ClamAV knows of files and mails alone. The lists reach it once it can be connected. */
  filtersUrls: z.boolean(),
  /** Add-ons that a licence may bring: `add-on.<id>`. */
  addOns: z.array(z.string()),
  /** False: this version knows the type but can't connect one yet; "add product" shows it, greyed out, and says so. */
  isConnectable: z.boolean(),
  /** What one seat counts. */
  licenceUnit: z.enum(['endpoint', 'mailbox', 'appliance']),
  /** PRD-8: data older than this is shown as stale. Seconds. */
  freshForSeconds: z.number().int(),
  /** Groups made with the product; the first takes new endpoints. Text keys below `group.`. */
  defaultGroups: z.array(z.string()).min(1),
})
export type ProductType = z.infer<typeof ProductType>
