export { markDue } from './due.ts'
