export { IndexList } from './IndexList.tsx'
