import { screen } from '../kit/index.ts'

export const screens = [screen('/home', () => import('./HomePage.tsx'))]
