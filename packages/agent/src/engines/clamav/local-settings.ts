import * as z from 'zod'
import { parseAddress } from './conf.ts'

/** An absolute path of this machine, without what could end a line of a conf file. */
const Path = z
  .string()
  .max(4_096)
  .regex(/^\/[^\0\r\n]*$/)

/** All found by itself where the distribution put it; set only what is elsewhere. */
export const Settings = z.strictObject({
  clamdConf: Path.nullable().default(null),
  freshclamConf: Path.nullable().default(null),
  /** `/path/to/socket` or `host:port`, in place of what clamd.conf says. */
  clamdSocket: z
    .string()
    .max(4_096)
    .refine((text) => parseAddress(text) !== null)
    .nullable()
    .default(null),
  scanPaths: z.array(Path).min(1).max(100).default(['/']),
  excludePaths: z.array(Path).max(1_000).default([]),
  /**
   * Real-time scanning run and watched over by the agent. `auto`: the usual places of people's files, blocking, unless the machine's administrator runs
   * clamonacc already. Null: never by us.
   */
  onAccess: z
    .union([
      z.literal('auto'),
      z.strictObject({ paths: z.array(Path).min(1).max(100), action: z.enum(['block', 'quarantine']).default('block') }),
    ])
    .nullable()
    .default('auto'),
})
export type Settings = z.infer<typeof Settings>
