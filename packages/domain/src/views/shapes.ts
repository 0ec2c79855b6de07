import * as z from 'zod'
import { AccountId, ViewId } from '../kernel/index.ts'

/** Lists that keep views. */
export const viewLists = ['customers', 'inventory', 'events'] as const
export const ViewList = z.enum(viewLists)
export type ViewList = z.infer<typeof ViewList>

/** ACC: at most so many of one's own for each list. */
export const mostViews = 50

const parts = {
  name: z.string().trim().min(1).max(60),
  /** Filters, search and order as they stand in the list's address; never its page. Each list reads what it knows and leaves the rest. */
  query: z
    .string()
    .max(2000)
    .regex(/^[^#\s]*$/),
  /** Ids of the columns shown, in no order; null: as the person has them. */
  columns: z
    .array(z.string().regex(/^[A-Za-z0-9.-]{1,40}$/))
    .max(60)
    .nullable(),
  /** The whole business reads it; its owner and administrators change it. */
  isShared: z.boolean(),
}
export const NewView = z.strictObject({
  list: ViewList,
  ...parts,
  columns: parts.columns.default(null),
  isShared: parts.isShared.default(false),
})
export const ViewChange = z.strictObject(parts).partial()

export const View = z.object({
  id: ViewId,
  list: ViewList,
  ...parts,
  query: z.string(),
  owner: z.object({ id: AccountId, name: z.string() }),
  isOwn: z.boolean(),
  /** The reader may rename, overwrite and delete it. */
  mayChange: z.boolean(),
  /** The reader's list opens with it. */
  isDefault: z.boolean(),
  version: z.number().int(),
})
export type View = z.infer<typeof View>
