import { createPrivateKey, sign } from 'node:crypto'
import { canonicalJson, commandParams, commandPrefix, type CommandOrder, type CommandParams } from '@vigie/domain/agents'
import { commandKinds, type Command, type CommandType } from '@vigie/domain/commands'
import { fieldErrorsOf, Problem } from '@vigie/domain/kernel'
import { record, type Doer } from '../audit/index.ts'
import { assertConsent, enterGate } from '../consent/index.ts'
import { newId, type Services, type TenantDb } from '../platform/index.ts'
import { assertWithinCaps } from './caps.ts'
import { carrying, giveWay } from './giving-way.ts'
import { addSteps } from './outcomes.ts'
import * as commands from './store.ts'
import { wakeAgents } from './wake.ts'

export interface Sending {
  product: { id: string; customerId: string; description: string }
  type: CommandType
  /** Of `type`, as `commandParams` has it; for types without any: absent. Signed with the order (R14). */
  params?: CommandParams[keyof CommandParams]
  /** Null: every registered and enabled agent of the product. */
  agentIds: readonly string[] | null
  eventId: string | null
  doer: Doer
}

/**
 * Signs one order for each agent and leaves it waiting; at commit whoever holds the agent's channel hands it over (AGT-3). All or none: an agent that can't take it
 * refuses the whole. Dies before the commit: nothing was sent. Dies after: the order waits and is found when the agent next connects. The agent takes each
 * number once, so being handed over twice is harmless (R15).
 * @throws command.target-unregistered, command.target-disabled, command.not-supported, command.needs-second-person (R16), command.contradicts, agent.not-found, consent.missing, request.invalid (params)
 */
export async function send(
  db: TenantDb,
  services: Pick<Services, 'clock' | 'commandKey' | 'vault'>,
  now: Date,
  { product, type, params, agentIds, eventId, doer }: Sending,
): Promise<Command[]> {
  const { activity } = commandKinds[type]
  if (activity !== null) {
    await enterGate(db, [product.customerId], 'sends') // before any agent is locked
    await assertConsent(db, product.customerId, activity)
  }
  const all = await commands.lockTargets(db, product.id, agentIds)
  if (agentIds !== null && all.length !== new Set(agentIds).size) throw new Problem('agent.not-found', { productId: product.id })
  // of a product with several agents, a plain order goes to those that can be spoken to
  const targets = agentIds !== null ? all : all.filter((agent) => agent.switch === 'enabled')
  assertTakes(targets, all, type)
  if (type === 'uninstall-agent') {
    const [agentId] = await carrying(
      db,
      targets.map(({ id }) => id),
    )
    if (agentId !== undefined) throw new Problem('command.not-supported', { agentId, type, reason: 'carries-endpoints' })
  }
  if (commandKinds[type].isDangerous) {
    await assertWithinCaps(db, services, doer.kind === 'account' ? doer.actor : null, {
      type,
      agents: targets.map((target) => ({ id: target.id, customerId: target.customer_id })),
    })
  }
  const sentBy = doer.kind === 'account' ? { id: doer.actor.accountId, name: doer.actor.name } : { id: null, name: doer.name }
  const refused = await giveWay(
    db,
    targets.map(({ id }) => id),
    type,
    now,
  )
  if (refused.size > 0) throw new Problem('command.contradicts', { agentId: [...refused][0]! })
  const ids = await issue(db, services, now, { targets, type, params, eventId, orderId: null, sentBy })
  await record(db, services.vault, now, doer, {
    activity: 'command.sent',
    object: { kind: 'product', id: product.id, name: product.description },
    customerId: product.customerId,
    after: {
      type,
      agents: targets.map(({ id, hostname }) => ({ id, hostname })),
      commandIds: ids,
      eventId,
      expiresAt: endOf(type, now).toISOString(),
    },
  })
  return await commands.byIds(db, ids)
}

const endOf = (type: CommandType, now: Date) => new Date(now.getTime() + commandKinds[type].lifeMinutes * 60_000)

export interface Issuing {
  /** Locked by the caller, and able to take it. */
  targets: readonly commands.Target[]
  type: CommandType
  params?: CommandParams[keyof CommandParams] | undefined
  eventId: string | null
  /** The order over many that this is a part of; null: by itself. */
  orderId: string | null
  sentBy: { id: string | null; name: string }
}

/** Numbers, signs and stores one command for each target, all in the same few statements, and wakes who holds them at commit. @returns their ids, in the targets' order */
export async function issue(
  db: TenantDb,
  services: Pick<Services, 'commandKey'>,
  now: Date,
  { targets, type, params, eventId, orderId, sentBy }: Issuing,
): Promise<string[]> {
  const checked = checkedParams(type, params)
  const key = createPrivateKey({ key: services.commandKey, format: 'der', type: 'pkcs8' })
  const expiresAt = endOf(type, now)
  const numbers = await commands.nextNumbers(
    db,
    targets.map(({ id }) => id),
  )
  const orders = targets.map((target) => {
    const order: CommandOrder = {
      commandId: newId(now),
      agentId: target.id,
      number: numbers.get(target.id)!,
      type,
      notBefore: now.toISOString(),
      expiresAt: expiresAt.toISOString(),
      ...(checked === undefined ? {} : { params: checked }),
    }
    const signature = sign(null, Buffer.from(commandPrefix + canonicalJson(order)), key).toString('base64url')
    return { id: order.commandId, number: order.number, frame: { kind: 'command' as const, order, signature }, target }
  })
  await commands.addAll(db, orders, { type, eventId, orderId, sentBy, sentAt: now, expiresAt })
  await addSteps(
    db,
    orders.map(({ id, target }) => ({ id, customer_id: target.customer_id })),
    'waiting',
    now,
  )
  await wakeAgents(
    db,
    targets.map(({ id }) => id),
  )
  return orders.map(({ id }) => id)
}

/** What does not fit the type never gets a signature (R14). @throws request.invalid */
export function checkedParams(type: CommandType, params: unknown): Record<string, unknown> | undefined {
  const schema = type in commandParams ? commandParams[type as keyof typeof commandParams] : null
  if (schema === null) {
    if (params !== undefined) throw new Problem('request.invalid', {}, { fields: [{ path: 'params', code: 'unknown' }] })
    return undefined
  }
  const parsed = schema.safeParse(params)
  if (parsed.success) return parsed.data
  throw new Problem(
    'request.invalid',
    {},
    {
      fields: fieldErrorsOf(parsed.error, params).map((field) => ({
        ...field,
        path: field.path === '' ? 'params' : `params.${field.path}`,
      })),
    },
  )
}

function assertTakes(targets: readonly commands.Target[], all: readonly commands.Target[], type: CommandType): void {
  const unregistered = targets.find((agent) => agent.switch === 'unregistered')
  if (unregistered || all.every((agent) => agent.switch === 'unregistered'))
    throw new Problem('command.target-unregistered', unregistered ? { agentId: unregistered.id } : {})
  const disabled = targets.find((agent) => agent.switch === 'disabled')
  if (disabled || targets.length === 0) throw new Problem('command.target-disabled', disabled ? { agentId: disabled.id } : {})
  for (const agent of targets) {
    const known = agent.commands.find((command) => command.type === type)
    if (known?.isSupported !== true)
      throw new Problem('command.not-supported', { agentId: agent.id, type, reason: known?.reason ?? 'not-supported' })
  }
}
