/** Something that works by itself beside the requests: a sender, an assessor, a sweeper. Runs in processes with the role `jobs`. */
export interface Background {
  name: string
  start(): void | Promise<void>
  /** Ends after the piece of work in hand; what is left is taken up by another process or the next start (R22). */
  stop(): Promise<void>
}
