import { screen } from '../kit/screen.ts'

export const screens = [screen('/search', () => import('./SearchPage.tsx'))]
