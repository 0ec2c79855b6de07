import { screen, type Screen } from '../kit/screen.ts'
import { screens as access } from '../access/index.ts'
import { screens as audit } from '../audit/index.ts'
import { screens as commands } from '../commands/index.ts'
import { screens as customers } from '../customers/index.ts'
import { screens as detections } from '../detections/index.ts'
import { screens as events } from '../events/index.ts'
import { screens as home } from '../home/index.ts'
import { screens as indexes } from '../indexes/index.ts'
import { screens as inventory } from '../inventory/index.ts'
import { screens as outbox } from '../outbox/index.ts'
import { screens as products } from '../products/index.ts'

/** Every screen of the console: one line a slice. */
export const screens: readonly Screen[] = [
  screen('/administration', () => import('./AdministrationPage.tsx')),
  ...access, ...home, ...events, ...customers, ...products, ...inventory, ...detections, ...commands, ...indexes, ...outbox, ...audit,
]
