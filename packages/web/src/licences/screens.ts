import { screen } from '../kit/screen.ts'

export const screens = [screen('/licences', () => import('./LicencesPage.tsx'))]
