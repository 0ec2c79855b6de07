/**
 * How long each kind of data is kept after it ended, days (R41, OPS-6). 400: a year's figures can be compared with the year before's. Not here: the audit log, which
 * is a chain and stays whole (erasure destroys the key of its contents, R40); what hangs on something else and goes with it; sessions, links, attempts (cleaning.ts).
 */
export const termDays = {
  detection: 400,
  /** Which threats a product had: as long as there are records of them, and no longer. */
  threatSeen: 400,
  /** Where an endpoint was, from when it was there last. */
  endpointAddress: 400,
  tallyHour: 800,
  /** That a customer or product was there, from its deletion: for bars of 12 months, and the year before's. */
  departed: 800,
  /** What licences there were on a day, by customer and type: likewise. */
  licenceDay: 800,
  /** What threshold previews look back at (EVT-7): 90 days. */
  factHour: 100,
  /** The same, from when it was over. */
  factSpan: 100,
  /** From its closing. An open one stays as long as it is open. */
  infection: 400,
  /** From its resolution, with its steps. */
  event: 400,
  /** Snoozes and accepted risks, from their end. */
  silence: 400,
  command: 400,
  /** Mails and what they said: names and addresses of people. */
  mail: 180,
  deadLetter: 30,
} as const

/** Letters kept of one agent (R24): one that sends rubbish for a month fills no disk. */
export const lettersPerAgent = 1_000
