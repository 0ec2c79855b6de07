export { useOrder } from './target.ts'
