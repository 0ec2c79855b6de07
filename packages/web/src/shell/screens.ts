import { screen, type Screen } from '../kit/screen.ts'
import { screens as access } from '../access/screens.ts'
import { screens as audit } from '../audit/screens.ts'
import { screens as commands } from '../commands/screens.ts'
import { screens as customers } from '../customers/screens.ts'
import { screens as detections } from '../detections/screens.ts'
import { screens as events } from '../events/screens.ts'
import { screens as home } from '../home/screens.ts'
import { screens as identity } from '../identity/screens.ts'
import { screens as indexes } from '../indexes/screens.ts'
import { screens as inventory } from '../inventory/screens.ts'
import { screens as licences } from '../licences/screens.ts'
import { screens as maintenance } from '../maintenance/screens.ts'
import { screens as orders } from '../orders/screens.ts'
import { screens as outbreak } from '../outbreak/screens.ts'
import { screens as outbox } from '../outbox/screens.ts'
import { screens as products } from '../products/screens.ts'
import { screens as releases } from '../releases/screens.ts'
import { screens as search } from '../search/screens.ts'
import { screens as settings } from '../settings/screens.ts'

/** Every screen of the console: one line a slice. From `screens.ts` and not `index.ts`: what a slice lends to others would come along to the first load. */
export const screens: readonly Screen[] = [
  screen('/administration', () => import('./AdministrationPage.tsx')),
  ...access,
  ...home,
  ...events,
  ...customers,
  ...products,
  ...settings,
  ...inventory,
  ...identity,
  ...detections,
  ...commands,
  ...indexes,
  ...licences,
  ...maintenance,
  ...orders,
  ...outbreak,
  ...outbox,
  ...releases,
  ...search,
  ...audit,
]
