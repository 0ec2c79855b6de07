export { WallAlert } from './WallAlert.tsx'
