export interface Piece<T> {
  items: readonly T[]
  /** The same for this piece however often it is sent: what was done is not done again (`Idempotency-Key`). */
  intent: string
}

/**
 * Does many things a piece at a time, one after the other, so that a person sees them go and can stop them. A piece that could not be sent is tried once more under the same intent;
 * then all stops, what was done stays done, and `error` says why.
 */
export async function inPieces<T, R>(
  items: readonly T[],
  size: number,
  run: (piece: Piece<T>) => Promise<R>,
  tell: (done: number) => void,
  signal: AbortSignal,
  isRetryable: (error: unknown) => boolean,
): Promise<{ replies: R[]; done: number; error: unknown }> {
  const replies: R[] = []
  let done = 0
  while (done < items.length && !signal.aborted) {
    const piece = { items: items.slice(done, done + size), intent: crypto.randomUUID() }
    try {
      replies.push(
        await run(piece).catch((error: unknown) => {
          if (signal.aborted || !isRetryable(error)) throw error
          return run(piece)
        }),
      )
    } catch (error) {
      return { replies, done, error }
    }
    done += piece.items.length
    tell(done)
  }
  return { replies, done, error: null }
}
