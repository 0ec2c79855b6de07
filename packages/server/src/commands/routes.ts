import { commandsApi } from '@vigie/domain/commands'
import { Problem } from '@vigie/domain/kernel'
import { handle, type Handler } from '../platform/index.ts'
import { send } from './send.ts'
import * as commands from './store.ts'

export const commandRoutes: Handler[] = [
  handle(commandsApi.sendCommand, async ({ db, now, services, actor, origin }, { params, body }) => {
    const {
      rows: [product],
    } = await db.query<{ id: string; customerId: string; description: string }>(
      'select id, customer_id as "customerId", description from product where id = $1',
      [params.productId],
    )
    if (!product) throw new Problem('product.not-found', { productId: params.productId })
    const doer = { kind: 'account' as const, actor, origin }
    return { commands: await send(db, services, now, { product, type: body.type, agentIds: body.agentIds ?? null, eventId: null, doer }) }
  }),
  handle(commandsApi.listCommands, async ({ db }, { query }) => await commands.list(db, query)),
  handle(commandsApi.getCommand, async ({ db }, { params }) => await commands.get(db, params.commandId)),
]
