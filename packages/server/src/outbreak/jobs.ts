import { spreadAlerts } from './spreading.ts'

export const outbreakJobs = [spreadAlerts]
