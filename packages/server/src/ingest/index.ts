export type { Sender } from './batch.ts'
export { createIngest, type Ingest } from './queue.ts'
