import { screen, type Screen } from '../kit/screen.ts'
import { screens as access } from '../access/index.ts'

/** Every screen of the console: one line a slice. */
export const screens: readonly Screen[] = [screen('/administration', () => import('./AdministrationPage.tsx')), ...access]
