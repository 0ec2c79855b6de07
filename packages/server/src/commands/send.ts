import { createPrivateKey, sign } from 'node:crypto'
import { canonicalJson, commandPrefix, type CommandOrder } from '@vigie/domain/agents'
import { commandKinds, type Command, type CommandType } from '@vigie/domain/commands'
import { Problem } from '@vigie/domain/kernel'
import { record, type Doer } from '../audit/index.ts'
import { newId, type Services, type TenantDb } from '../platform/index.ts'
import { addStep } from './outcomes.ts'
import * as commands from './store.ts'
import { wakeAgent } from './wake.ts'

export interface Sending {
  product: { id: string; customerId: string; description: string }
  type: CommandType
  /** Null: every registered and enabled agent of the product. */
  agentIds: readonly string[] | null
  eventId: string | null
  doer: Doer
}

/**
 * Signs one order for each agent and leaves it waiting; at commit whoever holds the agent's channel hands it over (AGT-3). All or none: an agent that can't take it
 * refuses the whole. Dies before the commit: nothing was sent. Dies after: the order waits and is found when the agent next connects. The agent takes each
 * number once, so being handed over twice is harmless (R15).
 * @throws command.target-unregistered, command.target-disabled, command.not-supported, agent.not-found
 */
export async function send(db: TenantDb, services: Pick<Services, 'commandKey' | 'vault'>, now: Date, { product, type, agentIds, eventId, doer }: Sending): Promise<Command[]> {
  const all = await commands.lockTargets(db, product.id, agentIds)
  if (agentIds !== null && all.length !== new Set(agentIds).size) throw new Problem('agent.not-found', { productId: product.id })
  // of a product with several agents, a plain order goes to those that can be spoken to
  const targets = agentIds !== null ? all : all.filter((agent) => agent.switch === 'enabled')
  assertTakes(targets, all, type)
  const key = createPrivateKey({ key: services.commandKey, format: 'der', type: 'pkcs8' })
  const expiresAt = new Date(now.getTime() + commandKinds[type].lifeMinutes * 60_000)
  const sentBy = doer.kind === 'account' ? { id: doer.actor.accountId, name: doer.actor.name } : { id: null, name: doer.name }
  const ids: string[] = []
  for (const target of targets) {
    const order: CommandOrder = {
      commandId: newId(now), agentId: target.id, number: await commands.nextNumber(db, target.id), type, notBefore: now.toISOString(), expiresAt: expiresAt.toISOString(),
    }
    const signature = sign(null, Buffer.from(commandPrefix + canonicalJson(order)), key).toString('base64url')
    await commands.add(db, { id: order.commandId, number: order.number, type, frame: { kind: 'command', order, signature }, target, eventId, sentBy, sentAt: now, expiresAt })
    await addStep(db, { id: order.commandId, customer_id: target.customer_id }, 'waiting', now)
    await wakeAgent(db, target.id)
    ids.push(order.commandId)
  }
  await record(db, services.vault, now, doer, {
    activity: 'command.sent',
    object: { kind: 'product', id: product.id, name: product.description },
    customerId: product.customerId,
    after: { type, agents: targets.map(({ id, hostname }) => ({ id, hostname })), commandIds: ids, eventId, expiresAt: expiresAt.toISOString() },
  })
  return await commands.byIds(db, ids)
}

function assertTakes(targets: readonly commands.Target[], all: readonly commands.Target[], type: CommandType): void {
  const unregistered = targets.find((agent) => agent.switch === 'unregistered')
  if (unregistered || all.every((agent) => agent.switch === 'unregistered')) throw new Problem('command.target-unregistered', unregistered ? { agentId: unregistered.id } : {})
  const disabled = targets.find((agent) => agent.switch === 'disabled')
  if (disabled || targets.length === 0) throw new Problem('command.target-disabled', disabled ? { agentId: disabled.id } : {})
  for (const agent of targets) {
    const known = agent.commands.find((command) => command.type === type)
    if (known?.isSupported !== true) throw new Problem('command.not-supported', { agentId: agent.id, type, reason: known?.reason ?? 'not-supported' })
  }
}
