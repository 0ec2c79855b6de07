import { screen } from '../kit/index.ts'

export { IndexList } from './IndexList.tsx'

export const screens = [screen('/administration/indexes', () => import('./IndexesPage.tsx'))]
