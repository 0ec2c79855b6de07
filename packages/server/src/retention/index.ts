export { cleaning } from './cleaning.ts'
export { dropOldDetections, removeOld, retentionJobs } from './jobs.ts'
export { lettersPerAgent, termDays } from './terms.ts'
