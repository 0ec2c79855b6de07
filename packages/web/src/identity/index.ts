import { lazily } from '../kit/index.ts'

export { DuplicatesLink } from './DuplicatesLink.tsx'
export const MoveDialog = lazily(() => import('./MoveDialog.tsx'), 'MoveDialog')
