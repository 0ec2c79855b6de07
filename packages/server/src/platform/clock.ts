/** The one place time comes from, so that tests and the lab can move it. Never compare with a sender's clock without its measured offset (R23). */
export interface Clock {
  now(): Date
}
export const systemClock: Clock = { now: () => new Date() }
