export * from './activities.ts'
