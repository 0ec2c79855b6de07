import type { Condition } from './define.ts'

interface Is {
  incidents: number
}
interface At {
  incidents: number
}

/**
 * Many detections in the 60 minutes before the assessment, as most threat categories have it (EVT-3). `from`: that many are enough ("10 or more"); `above`: only more
 * than that ("more than 200"). An open one stays until the hour is a fifth calmer, so that a number at the edge does not flap (EVT-9).
 */
export const busyHour = (edge: 'from' | 'above'): Condition<Is, At> => ({
  severity: 'warning',
  concerns: 'incidents',
  opens: (is, at) => (edge === 'from' ? is.incidents >= at.incidents : is.incidents > at.incidents),
  stays: (is, at) => is.incidents > 0 && is.incidents >= Math.ceil(at.incidents * 0.8),
  figures: (is, at) => ({ incidents: is.incidents, threshold: at.incidents }),
  decidedBy: ['incidents'],
  resolvedBy: [],
})
