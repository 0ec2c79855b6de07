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
