import type { Sorted } from './items.ts'

/** Who sends: one connection of one agent. What it hears is called after commit, never before (R22). */
export interface Sender {
  readonly partnerId: string
  readonly customerId: string
  readonly productId: string
  readonly typeId: string
  readonly agentId: string
  readonly connectionId: string
  readonly hostname: string
  /** The agent's own endpoint. */
  readonly fingerprint: string
  readonly endpointPrefix: string
  /** What it called its machine earlier (R11). */
  readonly formerNames: readonly string[]
  /** Server's clock minus the agent's, as last measured. */
  readonly clockOffsetMs: number
  /** Everything of the epoch up to here is stored. */
  stored(epoch: string, seq: number): void
  /** What came does not follow what is stored. */
  missing(epoch: string, expectedSeq: number): void
  /** Another connection speaks for the agent, or it is gone: nothing of this was stored. */
  superseded(): void
  /** Read no more for now; and go on. */
  pause(): void
  resume(): void
}

export interface Batch {
  sender: Sender
  epoch: string
  firstSeq: number
  count: number
  items: Sorted
}
export const lastSeqOf = ({ firstSeq, count }: Batch) => firstSeq + count - 1

export type Result = { kind: 'stored'; seq: number } | { kind: 'missing'; expectedSeq: number } | { kind: 'superseded' }

/** What one sender hears of a flush. */
export interface Answer {
  epoch: string
  /** Everything up to here is stored; null: nothing is to be said of that. */
  storedSeq: number | null
  /** Send again from here; null: nothing is missing. */
  expectedSeq: number | null
  isSuperseded: boolean
}

/**
 * Of one sender the last acknowledgement says it all. A batch that came before the one it follows was not stored, also where that one came right after it in the
 * same flush: it must be asked for, or its sender waits for ever.
 */
export function answersTo(batches: readonly Batch[], results: readonly Result[]): Map<Sender, Answer> {
  const answers = new Map<Sender, Answer>()
  for (const [i, { sender, epoch }] of batches.entries()) {
    const result = results[i]!
    const answer = answers.get(sender) ?? { epoch, storedSeq: null, expectedSeq: null, isSuperseded: false }
    answers.set(sender, answer)
    if (result.kind === 'stored') Object.assign(answer, { epoch, storedSeq: result.seq })
    else if (result.kind === 'superseded') answer.isSuperseded = true
  }
  for (const [i, batch] of batches.entries()) {
    const result = results[i]!
    const answer = answers.get(batch.sender)!
    if (result.kind !== 'missing' || lastSeqOf(batch) <= (answer.storedSeq ?? 0)) continue
    answer.expectedSeq = Math.max(result.expectedSeq, (answer.storedSeq ?? 0) + 1)
  }
  return answers
}
