export * as eventsApi from './api.ts'
export * from './shapes.ts'
export { mostAtOnce, mostSilentDays } from './work-api.ts'
export { mostMatches, silences } from './list-api.ts'
