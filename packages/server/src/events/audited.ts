import type { Event } from '@vigie/domain/events'

export { doer } from '../audit/index.ts'

export const objectOf = (event: Pick<Event, 'id' | 'category' | 'condition'>) => ({
  kind: 'event',
  id: event.id,
  name: `${event.category}/${event.condition}`,
})
