/** What the store holds of an agent's earlier lives. */
export interface Known {
  /** Number of its last hello; 0: none yet. */
  counter: number
  fingerprint: string
  /** Of the machine before the present one; null: it never changed. */
  previousFingerprint: string | null
  /** All it had; a backup may be older than the last change of the machine. */
  formerNames?: readonly string[]
}
/** The connection that spoke for the agent until now: there is none, nobody asked it yet, it answered a moment ago, it did not. */
export type Holder = 'absent' | 'not-asked' | 'answers' | 'silent'

/**
 * - `accept`: its count goes on.
 * - `accept-anew`: it is the agent, but what it remembers may be older than what we do (restored from a backup) or another machine's: it sends everything
 *   pending again, and each record's content id tells what is stored already.
 * - `ask`: see whether the present connection answers, and judge again.
 * - `is-clone`: this is a copy; it takes an identity of its own.
 * - `holder-is-clone`: this is the original, the present connection is the copy.
 */
export type Verdict = 'accept' | 'accept-anew' | 'ask' | 'is-clone' | 'holder-is-clone'

/**
 * Whether a hello goes on with a lawful life or shows a clone (R10). The counter goes up with every hello and is on the agent's disk before it is sent: two
 * copies say the same number sooner or later. Lawful lives that look alike: a restart or lost welcome (the counter skips), a half-open connection (the holder
 * does not answer), a restore on the same machine (the counter falls back, the machine stays), new hardware or another name (the machine changes, the counter goes on).
 * Two connections that both answer are two agents, whatever they say.
 */
export function judge(known: Known, hello: { counter: number; fingerprint: string }, holder: Holder): Verdict {
  if (holder === 'not-asked') return 'ask'
  const isMoved = hello.fingerprint !== known.fingerprint
  const wasHereBefore = isMoved && hello.fingerprint === known.previousFingerprint
  if (holder === 'answers') return wasHereBefore ? 'holder-is-clone' : 'is-clone'
  const isForked = hello.counter <= known.counter
  if (isForked && isMoved && !wasHereBefore && !known.formerNames?.includes(hello.fingerprint)) return 'is-clone'
  return isForked || isMoved ? 'accept-anew' : 'accept'
}
