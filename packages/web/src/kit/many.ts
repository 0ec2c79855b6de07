/** What became of many that were to be changed alike. */
export interface Outcome<Change, Refusal extends { id: string; code: string }> {
  changed: number
  unchanged: number
  refused: Refusal[]
  /** Of those asked for, never sent: somebody stopped it, or it broke off. */
  notReached: number
  error: unknown
  /** What takes it back: those that had the same before go together. Nothing: it can't be. */
  undo: { ids: string[]; change: Change }[]
}

/** Takes back a change with the same means that made it; @returns how many it reached. */
export async function takeBack<Change, Refusal extends { id: string; code: string }>(
  undo: Outcome<Change, Refusal>['undo'],
  changeMany: (
    ids: readonly string[],
    change: Change,
    tell: (done: number) => void,
    signal: AbortSignal,
  ) => Promise<Outcome<Change, Refusal>>,
): Promise<number> {
  let changed = 0
  for (const { ids, change } of undo) {
    const outcome = await changeMany(ids, change, () => {}, new AbortController().signal)
    changed += outcome.changed
    if (outcome.error) throw outcome.error
  }
  return changed
}
