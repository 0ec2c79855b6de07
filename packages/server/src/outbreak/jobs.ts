import { defendCustomers } from './defending.ts'
import { spreadAlerts } from './spreading.ts'

export const outbreakJobs = [spreadAlerts, defendCustomers]
