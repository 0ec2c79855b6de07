import { isEnded, type Order, type OrderType } from './shapes.ts'

/** The order that takes this one back; null: there is none. */
export const inverses: Partial<Record<OrderType, OrderType>> = {
  'apply-settings': 'apply-settings',
  'change-urls': 'change-urls',
  'start-outbreak-defence': 'stop-outbreak-defence',
  'disable-agents': 'enable-agents',
  'enable-agents': 'disable-agents',
}

/** Why an order can't be taken back. Texts: `order-undo.<reason>`. */
export const undoReasons = ['no-inverse', 'one-way', 'uninstalled', 'not-ended', 'nothing-done', 'undone'] as const
export type UndoReason = (typeof undoReasons)[number]

/** Null: it can. What a scan found and an update brought is there; releases go forward only (R17). Pure. */
export function reasonAgainstUndo({
  type,
  state,
  counts,
  places,
  undoneBy,
}: Pick<Order, 'type' | 'state' | 'counts' | 'places' | 'undoneBy'>): UndoReason | null {
  if (inverses[type] === undefined) return type === 'upgrade-agent' ? 'one-way' : type === 'uninstall-agent' ? 'uninstalled' : 'no-inverse'
  if (!isEnded(state)) return 'not-ended'
  const done = places !== null ? places.set : counts.delivered + counts.running + counts.succeeded + counts.unknown
  if (done === 0) return 'nothing-done'
  return undoneBy === null ? null : 'undone'
}
