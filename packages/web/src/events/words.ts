import { categoryById } from '@vigie/domain/categories'
import type { CommandType } from '@vigie/domain/commands'
import type { Event } from '@vigie/domain/events'
import type { Speaker } from '../kit/text.tsx'

type Said = Pick<Event, 'category' | 'condition' | 'figures'>

/**
 * One part of what a condition says of itself, filled with the event's figures (EVT-6). A condition that this console does not know yet (a newer server's) is
 * named by its identifiers, and explains nothing rather than something wrong.
 */
export function conditionText(say: Speaker, event: Said, part: 'title' | 'explain' | 'next'): string | null {
  const key = `condition.${event.category}.${event.condition}.${part}`
  if (say.has(key)) return say(key, event.figures)
  return part === 'title' ? `${categoryName(say, event.category)} · ${event.condition}` : null
}

export const eventTitle = (say: Speaker, event: Said): string => conditionText(say, event, 'title')!

export const categoryName = (say: Speaker, category: string): string =>
  say.has(`category.${category}`) ? say(`category.${category}`) : category

/**
 * Names of the indexes that decide a condition, of those in force: the others of its category say nothing about it. A condition that this console does not know
 * shows them all.
 */
export function decidedBy<Index extends { name: string }>(
  event: Pick<Event, 'category' | 'condition'>,
  inForce: readonly Index[],
): readonly Index[] {
  const names = categoryById.get(event.category)?.conditions[event.condition]?.decidedBy
  return names === undefined ? inForce : inForce.filter((index) => names.includes(index.name))
}

/** What mends it, best first, as the condition declares; the event's own details say whether it is possible now. */
export function mendedBy(event: Pick<Event, 'category' | 'condition'>): readonly CommandType[] {
  return categoryById.get(event.category)?.conditions[event.condition]?.resolvedBy ?? []
}
