import { screen } from '../kit/screen.ts'

export const screens = [
  screen('/events', () => import('./EventsPage.tsx'), { isFirst: true }),
  screen('/events/:eventId', () => import('./EventPage.tsx'), { isExplaining: true }),
]
