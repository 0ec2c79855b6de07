export { startEmbedded, type Embedded } from './embedded.ts'
export { startForTests } from './for-tests.ts'
