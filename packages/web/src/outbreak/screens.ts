import { screen } from '../kit/screen.ts'

export const screens = [
  screen('/virus-alerts', () => import('./AlertsPage.tsx')),
  screen('/virus-alerts/defence', () => import('./DefencePage.tsx')),
  screen('/virus-alerts/new', () => import('./AlertFormPage.tsx')),
  screen('/virus-alerts/feed', () => import('./FeedPage.tsx')),
  screen('/virus-alerts/:alertId', () => import('./AlertPage.tsx')),
  screen('/virus-alerts/:alertId/edit', () => import('./AlertFormPage.tsx')),
]
