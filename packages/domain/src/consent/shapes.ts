import * as z from 'zod'
import { CustomerId, Instant } from '../kernel/index.ts'
import { activities, type Activity } from './activities.ts'

export const ConsentId = z.uuid()
export const decisions = ['given', 'withdrawn'] as const
export const consentStates = [...decisions, 'not-recorded'] as const
export type ConsentState = (typeof consentStates)[number]

/** A signed paper as PDF or PNG, at most this large; anything larger stands elsewhere and is named in `reference`. */
export const mostDocumentBytes = 1_000_000
/** Base64 of `mostDocumentBytes`. */
const mostDocumentChars = Math.ceil(mostDocumentBytes / 3) * 4

/** One line of the ledger: never changed, never taken away. Of several about one activity the newest decides. */
export const ConsentLine = z.object({
  id: ConsentId,
  activity: z.enum(activities),
  decision: z.enum(decisions),
  /** Who at the customer said so, as text: stays when the contact is removed. */
  saidBy: z.string(),
  /** The day it was said, in the customer's time zone. */
  saidOn: z.iso.date(),
  /** Where the written consent is: contract number, address of a document ... */
  reference: z.string(),
  /** A file kept with the line; null: none. */
  document: z.object({ name: z.string(), sizeBytes: z.number().int() }).nullable(),
  /** The account that wrote it down. */
  recordedBy: z.string(),
  recordedAt: Instant,
})
export type ConsentLine = z.infer<typeof ConsentLine>

export const ConsentStanding = z.object({
  activity: z.enum(activities),
  state: z.enum(consentStates),
  /** What follows from the state and the business's rule. */
  isAllowed: z.boolean(),
  /** The line that decides; null: nothing recorded. */
  line: ConsentLine.nullable(),
})
export type ConsentStanding = z.infer<typeof ConsentStanding>

/** Several activities at once: what one paper says. */
export const ConsentInput = z.strictObject({
  activities: z.array(z.enum(activities)).min(1).max(activities.length),
  decision: z.enum(decisions),
  saidBy: z.string().trim().min(1).max(120),
  saidOn: z.iso.date(),
  reference: z.string().trim().max(500).default(''),
  /** `content`: base64. What it is shows in its first bytes, not in its name. */
  document: z
    .strictObject({
      name: z.string().trim().min(1).max(120),
      content: z
        .string()
        .max(mostDocumentChars, { error: 'file.too-large' })
        .regex(/^[A-Za-z0-9+/]+={0,2}$/, { error: 'file.unreadable' }),
    })
    .nullable()
    .default(null),
})
export type ConsentInput = z.infer<typeof ConsentInput>

/** A customer whose rows a list leaves out, and why. */
export const Withheld = z.object({
  customerId: CustomerId,
  company: z.string(),
  activity: z.enum(activities),
  state: z.enum(consentStates),
  since: Instant.nullable(),
})
export type Withheld = z.infer<typeof Withheld>

/** What "not recorded" means is the business's rule; what was said outweighs it. */
export const isAllowed = (state: ConsentState, isStrict: boolean): boolean => state === 'given' || (state === 'not-recorded' && !isStrict)

/** A PDF or PNG by its first bytes; null: neither. */
export function documentType(bytes: Uint8Array): 'application/pdf' | 'image/png' | null {
  const starts = (...wanted: number[]) => wanted.every((byte, at) => bytes[at] === byte)
  if (starts(0x25, 0x50, 0x44, 0x46, 0x2d)) return 'application/pdf'
  return starts(0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a) ? 'image/png' : null
}

/**
 * Views that the ledger closes when consent is withdrawn: rows are left out, of what is shown all the same the network addresses. `view-vulnerabilities` closes nothing yet: nothing of the kind is
 * gathered (decision 16).
 */
export const viewActivities = [
  'view-endpoints',
  'view-detections',
  'view-addresses',
  'view-licences',
] as const satisfies readonly Activity[]
export type ViewActivity = (typeof viewActivities)[number]
