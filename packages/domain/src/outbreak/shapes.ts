import * as z from 'zod'
import { CustomerId, EndpointId, Instant, ProductId } from '../kernel/index.ts'

export const AlertId = z.uuid()
export type AlertId = z.infer<typeof AlertId>

/** EVT-5. Texts: `alert-level.<level>`. */
export const alertLevels = ['yellow', 'red'] as const
export type AlertLevel = (typeof alertLevels)[number]
/** What an endpoint can be, as far as an alert cares. Texts: `alert-platform.<platform>`. */
export const alertPlatforms = ['linux', 'windows', 'macos'] as const
export type AlertPlatform = (typeof alertPlatforms)[number]
/** `coming`: it begins later. Texts: `alert-state.<state>`. */
export const alertStates = ['coming', 'in-force', 'ended', 'withdrawn'] as const
export type AlertState = (typeof alertStates)[number]

/** No alert lasts longer: what is still true then is declared anew, by somebody who looked. */
export const longestAlertDays = 30
/** How long automatic defence of a customer may last, days. */
export const longestDefenceDays = 7

const Ports = z.array(z.number().int().min(1).max(65_535)).max(100)
/** Absolute, of Linux or Windows, without what could end a line of somebody's configuration. */
const Folder = z
  .string()
  .trim()
  .max(1_000)
  .regex(/^(\/|[A-Za-z]:\\)[^\0\r\n]*$/, { error: 'path.shape' })
/** `*.docm`, `invoice*.zip`. */
const Attachment = z
  .string()
  .trim()
  .min(1)
  .max(100)
  .regex(/^[^\0\r\n/\\]+$/)
const unique = <T>(list: readonly T[]) => [...new Set(list)]

/** What an alert says, whoever says it. */
const said = {
  level: z.enum(alertLevels),
  /** Of the outbreak: `WannaCry`. */
  name: z.string().trim().min(1).max(120),
  /** What people should know and do, in the words of whoever declares it; empty: nothing beyond the rest. */
  advice: z.string().trim().max(2_000).default(''),
  /** Parts of the names engines give it: open infections whose threat contains one of them are to be cleaned. */
  threats: z.array(z.string().trim().min(3).max(120)).max(20).transform(unique).default([]),
  /** What outbreak defence closes, where a customer allows it. */
  ports: Ports.transform(unique).default([]),
  folders: z.array(Folder).max(100).transform(unique).default([]),
  attachments: z.array(Attachment).max(100).transform(unique).default([]),
  /** Which endpoints it can hit; none named: all. */
  platforms: z.array(z.enum(alertPlatforms)).max(alertPlatforms.length).transform(unique).default([]),
  /** Components built from this moment on recognise it: endpoints with older ones, or without working real-time scan, are vulnerable. Null: none does yet. */
  recognisedFrom: Instant.nullable().default(null),
} as const

export const AlertInput = z.strictObject({ ...said, endsAt: Instant })
export type AlertInput = z.infer<typeof AlertInput>

export const VirusAlert = z.object({
  id: AlertId,
  level: z.enum(alertLevels),
  name: z.string(),
  advice: z.string(),
  threats: z.array(z.string()),
  ports: z.array(z.number().int()),
  folders: z.array(z.string()),
  attachments: z.array(z.string()),
  platforms: z.array(z.enum(alertPlatforms)),
  recognisedFrom: Instant.nullable(),
  startsAt: Instant,
  /** It ends then by itself. */
  endsAt: Instant,
  withdrawnAt: Instant.nullable(),
  state: z.enum(alertStates),
  isFromFeed: z.boolean(),
  /** Who declared it; null: a feed did, or that is not for the reader. */
  declaredBy: z.string().nullable(),
  version: z.number().int(),
})
export type VirusAlert = z.infer<typeof VirusAlert>

/** An endpoint that an alert concerns. */
export const ConcernedEndpoint = z.object({
  id: EndpointId,
  name: z.string(),
  customerId: CustomerId,
  customerName: z.string(),
  productId: ProductId,
  platform: z.string(),
  realTimeScan: z.string(),
  patternBuiltAt: Instant.nullable(),
  openInfections: z.number().int(),
})
export type ConcernedEndpoint = z.infer<typeof ConcernedEndpoint>
/** `vulnerable`: could be hit; `to-clean`: has been. */
export const concernKinds = ['vulnerable', 'to-clean'] as const

/** From which alert on defence starts by itself. Texts: `outbreak-rule.<level>`. */
export const ruleLevels = ['never', 'red', 'yellow'] as const
export type RuleLevel = (typeof ruleLevels)[number]
/** What a customer allows to be done by itself. Beside it, the customer must have consented in words (ACC-12, `outbreak-defence`). */
export const OutbreakRule = z.strictObject({
  from: z.enum(ruleLevels),
  days: z.number().int().min(1).max(longestDefenceDays),
  mayBlockPorts: z.boolean(),
  mayDenyWrites: z.boolean(),
  mayBlockAttachments: z.boolean(),
})
export type OutbreakRule = z.infer<typeof OutbreakRule>
export const noRule: OutbreakRule = { from: 'never', days: 3, mayBlockPorts: true, mayDenyWrites: false, mayBlockAttachments: false }

export const CustomerRule = z.object({
  /** The customer's. */
  id: CustomerId,
  company: z.string(),
  rule: OutbreakRule,
  hasConsented: z.boolean(),
  /** Defence that Vigie began by itself and that has not ended; null: none. */
  defendedUntil: Instant.nullable(),
})
export type CustomerRule = z.infer<typeof CustomerRule>

/** Where signed alerts come from; null: nobody is believed. */
export const AlertFeed = z.object({
  name: z.string(),
  /** Ed25519, base64url without padding. */
  publicKey: z.string(),
  /** SHA-256 of the key, hex: what one compares over the telephone. */
  fingerprint: z.string(),
  /** Of the last file taken; the next must be above. 0: none yet. */
  sequence: z.number().int(),
  importedAt: Instant.nullable(),
  version: z.number().int(),
})
export type AlertFeed = z.infer<typeof AlertFeed>

/** The file as it travels: the document is signed as text, so that nothing has to be written alike twice. */
export const FeedFile = z.strictObject({
  format: z.literal('vigie-virus-alerts-1'),
  document: z.string().max(400_000),
  signature: z.string().regex(/^[A-Za-z0-9_-]{86}$/),
})
/** What the signature covers: this, then the document. */
export const feedPrefix = 'vigie virus alerts 1\n'
/** Everything the feed says now: an alert of it that is no longer there is withdrawn. */
export const FeedDocument = z.object({
  /** Rises with every file. */
  sequence: z
    .number()
    .int()
    .min(1)
    .max(2 ** 52),
  issuedAt: Instant,
  /** After this the file is not taken any more. */
  validUntil: Instant,
  alerts: z.array(z.strictObject({ ...said, id: z.string().min(1).max(80), startsAt: Instant, endsAt: Instant })).max(50),
})
export type FeedDocument = z.infer<typeof FeedDocument>
