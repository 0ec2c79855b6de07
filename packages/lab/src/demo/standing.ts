import * as z from 'zod'
import type { Trouble } from './deeds.ts'

/** One step of a case: of a person (`take`, `say`, `resolve`, `snooze`), or of the customer's machine (`mend`). */
export const caseSteps = ['take', 'say', 'resolve', 'snooze', 'mend'] as const
/** An incident of the present that somebody sees to. `since`: its event opened no earlier; `by`: who, as one of `people`; `at`: when the first of the steps that are left is due. */
export const Case = z.object({
  kind: z.enum(['infection', 'burst', 'protection', 'components', 'away', 'alert']),
  product: z.string(),
  category: z.string(),
  machine: z.string(),
  by: z.number().int(),
  since: z.string(),
  at: z.string(),
  left: z.array(z.enum(caseSteps)),
})
export type Case = z.infer<typeof Case>

/** Of a licence (licences.ts). */
const said = { kind: z.enum(['full', 'trial']).optional(), expiresAt: z.string(), seats: z.number(), seatsUsed: z.number() }

export const Standing = z.object({
  productIds: z.record(z.string(), z.string()),
  /** Products whose patterns stand still: since when those they have were built. */
  frozen: z.record(z.string(), z.string()),
  /** Products that tell nothing new of themselves. */
  muted: z.array(z.string()),
  /** Products whose agent is away. */
  away: z.array(z.string()),
  /** Machines whose real-time scan is off. */
  unprotected: z.array(z.string()),
  /** What lies infected, by machine. */
  infected: z.record(z.string(), z.array(z.object({ threat: z.string(), object: z.string() }))),
  /** When a machine was last scanned because somebody ordered it. */
  scanned: z.record(z.string(), z.string()).default({}),
  /** Machines made from a copy of another's image: the product that each belongs to. */
  copies: z.record(z.string(), z.string()),
  /** What is wrong with a machine beyond its engine. `down`: since when, by service. */
  troubles: z.record(
    z.string(),
    z.object({ freeRatio: z.number(), spamRatio: z.number(), down: z.record(z.string(), z.string()) }).partial(),
  ),
  /** Of products whose type has one. */
  licences: z.record(z.string(), z.object({ ...said, before: z.array(z.object({ ...said, until: z.string() })).default([]) })),
  /** Of people with a second factor, by e-mail: the secret (base32) that makes its codes. Printed, as their passwords are. */
  secrets: z.record(z.string(), z.string()),
  /** What goes on now, and is gone on with after the next start. */
  cases: z.array(Case).default([]),
  /** What our own people did to open events since `presentSince`, by event: whoever did more is a visitor. The latest 300. */
  ours: z.record(z.string(), z.number().int()).default({}),
  /** From here on what people do to events is ours or a visitor's; before it all was told. Null: the present has not begun. */
  presentSince: z.string().nullable().default(null),
})
/** What is wrong at a product or machine now, and what it would take to go on tomorrow. */
export type Standing = z.infer<typeof Standing>

export const nothingWrong = (): Standing => ({
  productIds: {},
  frozen: {},
  muted: [],
  away: [],
  unprotected: [],
  infected: {},
  scanned: {},
  copies: {},
  troubles: {},
  licences: {},
  secrets: {},
  cases: [],
  ours: {},
  presentSince: null,
})

/** A machine's troubles with one more. */
export function troubled(known: Standing['troubles'][string] = {}, trouble: Trouble, now: Date): Standing['troubles'][string] {
  switch (trouble.kind) {
    case 'disk':
      return { ...known, freeRatio: trouble.freeRatio }
    case 'spam':
      return { ...known, spamRatio: trouble.ratio }
    case 'down':
      return {
        ...known,
        down: { ...known.down, [trouble.service]: new Date(now.getTime() - trouble.minutes * 60_000).toISOString() },
      }
  }
}
