export { record, type Activity, type Doer } from './record.ts'
