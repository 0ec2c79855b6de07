import type { Actor, Origin } from '../platform/index.ts'

/** A person at work, of all that a handler is told: who asks, and from where. */
export const doer = ({ actor, origin }: { actor: Actor; origin: Origin }) => ({ kind: 'account' as const, actor, origin })
