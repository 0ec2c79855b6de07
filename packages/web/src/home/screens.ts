import { screen } from '../kit/screen.ts'

export const screens = [screen('/home', () => import('./HomePage.tsx'), { isFirst: true })]
