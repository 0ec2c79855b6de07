import type { ComponentType } from 'react'
import type { Address } from './address.ts'

interface ScreenModule {
  default: ComponentType
  /** Brings what the screen shows, before it is drawn: `export const loader = load(query)`. */
  loader?: (at: Address) => Promise<unknown>
}
export interface Screen {
  /** `/customers/:customerId`; the parameter's names are those of the route's. */
  path: string
  load: () => Promise<ScreenModule>
  /** Without the shell and without a session: sign-in and its kin. */
  isPublic?: boolean
  /** One of those a person arrives at: says nothing beyond the first sheet of texts (text/load.ts). */
  isFirst?: boolean
  /** Says as it opens what an event means, or why something was refused: waits for the last texts too. */
  isExplaining?: boolean
}

/** A slice lists its screens in its `index.ts`; each is a chunk of its own, fetched with its data when one goes there. */
export const screen = (
  path: string,
  load: Screen['load'],
  options: Pick<Screen, 'isPublic' | 'isFirst' | 'isExplaining'> = {},
): Screen => ({ path, load, ...options })
