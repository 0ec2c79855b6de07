import { screen } from '../kit/screen.ts'

export const screens = [
  screen('/sign-in', () => import('./SignInPage.tsx'), { isPublic: true }),
]
