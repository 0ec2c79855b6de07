export { DuplicatesLink } from './DuplicatesLink.tsx'
export { MoveDialog } from './MoveDialog.tsx'
