import { defineCategory, fact } from './define.ts'

/** More seats are in use than the licence has. Source: EVT-1, licence "seats exceeded". */
export const seatsExceeded = defineCategory({
  id: 'seats-exceeded',
  group: 'licence',
  facts: { seatsOver: fact.licence('seats-over') },
  indexes: { seats: { default: 1, min: 1, max: 100_000 } },
  conditions: {
    exceeded: {
      severity: 'warning',
      concerns: 'seatsOver',
      opens: (is, at) => is.seatsOver >= at.seats,
      stays: (is) => is.seatsOver > 0,
      figures: (is) => ({ seats: is.seatsOver }),
      resolvedBy: [],
    },
  },
})
