import { useEffect, useSyncExternalStore } from 'react'
import { IconButton } from '../ui/Button.tsx'
import { describe } from './problems.ts'
import { Glyph } from './Severity.tsx'
import { useText, type Label } from './text.tsx'
import { dropUndo, keepUndo } from './undoing.ts'
import css from './toast.module.css'

interface Toast {
  id: number
  label?: Label
  error?: unknown
  undo?: { label?: Label; run(): void } | undefined
}
let toasts: readonly Toast[] = []
let lastId = 0
const listeners = new Set<() => void>()
function set(next: readonly Toast[]) {
  toasts = next
  for (const tell of listeners) tell()
}
const drop = (id: number) => set(toasts.filter((toast) => toast.id !== id))

/** What happened, in a few words; with `undo` where it can be taken back: here for a moment, then from the bar for ten minutes. Goes by itself. */
export function toast(label: Label, undo?: Toast['undo']): void {
  const id = ++lastId
  if (undo === undefined) return set([...toasts.slice(-2), { id, label }])
  const kept = keepUndo(
    label,
    () => {
      drop(id)
      undo.run()
    },
    Date.now(),
  )
  set([
    ...toasts.slice(-2),
    {
      id,
      label,
      undo: {
        ...undo,
        run: () => {
          dropUndo(kept)
          undo.run()
        },
      },
    },
  ])
}
/** What went wrong and the way out. Stays until closed. */
export function trouble(error: unknown): void {
  set([...toasts.slice(-2), { id: ++lastId, error }])
}

/** Once, in the shell. Announced politely; errors at once. */
export function Toasts() {
  const shown = useSyncExternalStore(
    (listener) => (listeners.add(listener), () => listeners.delete(listener)),
    () => toasts,
  )
  return (
    <div className={css.stack}>
      <div role="status" aria-live="polite">
        {shown
          .filter((t) => t.error === undefined)
          .map((t) => (
            <ToastBox key={t.id} toast={t} />
          ))}
      </div>
      <div role="alert">
        {shown
          .filter((t) => t.error !== undefined)
          .map((t) => (
            <ToastBox key={t.id} toast={t} />
          ))}
      </div>
    </div>
  )
}

function ToastBox({ toast: { id, label, error, undo } }: { toast: Toast }) {
  const say = useText()
  useEffect(() => {
    if (error !== undefined) return
    const timer = setTimeout(() => drop(id), undo ? 9000 : 4500)
    return () => clearTimeout(timer)
  }, [id, error, undo])
  const described = error === undefined ? null : describe(error, say)
  return (
    <div className={css.toast}>
      {described && (
        <span className={css.glyph}>
          <Glyph sign="action-required" size={16} />
        </span>
      )}
      <div className={css.words}>
        <p>{described ? described.title : say(label ?? '')}</p>
        {described && <p className="quiet">{described.remedy}</p>}
      </div>
      {undo && (
        <button
          type="button"
          className={css.undo}
          onClick={() => {
            drop(id)
            undo.run()
          }}
        >
          {say(undo.label ?? 'kit.undo')}
        </button>
      )}
      <IconButton icon="close" size="small" label={say('kit.close')} onClick={() => drop(id)} />
    </div>
  )
}
