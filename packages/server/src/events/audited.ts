import type { Event } from '@vigie/domain/events'
import type { Context } from '../platform/index.ts'

export const doer = ({ actor, origin }: Pick<Context, 'actor' | 'origin'>) => ({ kind: 'account' as const, actor, origin })
export const objectOf = (event: Pick<Event, 'id' | 'category' | 'condition'>) => ({
  kind: 'event',
  id: event.id,
  name: `${event.category}/${event.condition}`,
})
