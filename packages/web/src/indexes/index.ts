import { lazily } from '../kit/index.ts'

export const IndexList = lazily(() => import('./IndexList.tsx'), 'IndexList')
