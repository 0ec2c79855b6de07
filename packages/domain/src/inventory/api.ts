import * as z from 'zod'
import { defineRoute } from '../kernel/index.ts'
import { Known, Verdict } from './diagnosis.ts'

/** INV-2. `sought`: a name, address, agent id or GUID, or the output of `vigie-agent check --json`. It asks and changes nothing, hence no audit record; a POST because it may be long. */
export const diagnose = defineRoute({
  id: 'inventory.diagnose',
  method: 'POST',
  path: '/v1/inventory/diagnosis',
  permission: 'product.read',
  unaudited: true,
  body: z.strictObject({ sought: z.string().trim().min(1).max(60_000) }),
  reply: z.object({ verdict: Verdict, known: Known, hostname: z.string().nullable() }),
  problems: ['diagnosis.unreadable'],
})
