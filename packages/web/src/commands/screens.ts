import { screen } from '../kit/screen.ts'

export const screens = [screen('/commands', () => import('./CommandsPage.tsx'))]
