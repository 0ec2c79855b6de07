import type { Label } from './text.tsx'

/** So long what was done may be taken back from the bar, once its toast is gone (EVT-4, CUS-2). */
export const undoMs = 600_000
const most = 5

export interface Undoing {
  id: number
  label: Label
  untilMs: number
  run(): void
}
let kept: readonly Undoing[] = []
let lastId = 0
const listeners = new Set<() => void>()
function set(next: readonly Undoing[]) {
  kept = next
  for (const tell of listeners) tell()
}

export const subscribe = (listener: () => void): (() => void) => (listeners.add(listener), () => void listeners.delete(listener))
export const undoings = (): readonly Undoing[] => kept

/** Newest first, the five newest. @returns its id */
export function keepUndo(label: Label, run: () => void, nowMs: number): number {
  const id = ++lastId
  set([{ id, label, untilMs: nowMs + undoMs, run }, ...forgetOld(kept, nowMs)].slice(0, most))
  return id
}
export const dropUndo = (id: number): void => set(kept.filter((one) => one.id !== id))
/** Their time is over. */
export function forget(nowMs: number): void {
  const left = forgetOld(kept, nowMs)
  if (left.length !== kept.length) set(left)
}
const forgetOld = (all: readonly Undoing[], nowMs: number) => all.filter(({ untilMs }) => untilMs > nowMs)
