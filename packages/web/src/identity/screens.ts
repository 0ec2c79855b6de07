import { screen } from '../kit/screen.ts'

export const screens = [
  screen('/inventory/duplicates', () => import('./DuplicatesPage.tsx')),
  screen('/inventory/moves', () => import('./MovesPage.tsx')),
  screen('/inventory/switches', () => import('./SwitchesPage.tsx')),
]
