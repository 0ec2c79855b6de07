import { lazily } from '../kit/index.ts'

export { DuplicatesLink } from './DuplicatesLink.tsx'
export const ReceiveDialog = lazily(() => import('./ReceiveDialog.tsx'), 'ReceiveDialog')
export const SwitchDialog = lazily(() => import('./SwitchDialog.tsx'), 'SwitchDialog')
export const SwitchNotice = lazily(() => import('./SwitchNotice.tsx'), 'SwitchNotice')
export const MoveDialog = lazily(() => import('./MoveDialog.tsx'), 'MoveDialog')
