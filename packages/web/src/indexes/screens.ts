import { screen } from '../kit/screen.ts'

export const screens = [screen('/administration/indexes', () => import('./IndexesPage.tsx'))]
