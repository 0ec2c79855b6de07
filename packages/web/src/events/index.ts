import { screen } from '../kit/index.ts'

export { EventTable, eventList } from './EventTable.tsx'
export { eventTitle } from './words.ts'

export const screens = [screen('/events', () => import('./EventsPage.tsx')), screen('/events/:eventId', () => import('./EventPage.tsx'))]
