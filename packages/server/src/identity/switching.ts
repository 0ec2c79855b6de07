import { usableCode, writeConnectionCode, type identityApi } from '@vigie/domain/identity'
import { Problem, type BodyOf } from '@vigie/domain/kernel'
import { delayMinutes } from '@vigie/domain/orders'
import { assertNamed, assertTakesKey, keyLifeHours } from '@vigie/domain/products'
import { commandKeyOf } from '../agents/index.ts'
import { doer, record } from '../audit/index.ts'
import { isBeyond, lockAgents, spend } from '../commands/index.ts'
import { canApprove, owners } from '../orders/index.ts'
import { notify } from '../outbox/index.ts'
import { newId, uniqueViolation, type Actor, type Context, type Services, type TenantDb } from '../platform/index.ts'
import { issueProductKey } from '../products/index.ts'
import { addEndpointKey } from '../sites/index.ts'
import { objectOf, placeOfKeys } from './switches.ts'
import { switchBell } from './wake.ts'

type Who = Pick<Context, 'actor' | 'origin'>
const plainHex = (fingerprint: string) => fingerprint.replaceAll(/[^0-9a-f]/gi, '').toLowerCase()

/** Both keys of a product that nobody speaks for yet, in one word for the giving side (R9). @throws product.not-found, product.already-registered */
export async function connectionCode(
  db: TenantDb,
  services: Services,
  now: Date,
  who: Who,
  productId: string,
  machines: number,
): Promise<{ connectionCode: string; machines: number; expiresAt: string }> {
  const { rows: agents } = await db.query<{ state: 'online'; role: 'own' | 'endpoint' }>(
    'select state, role from agent where product_id = $1 order by id for no key update',
    [productId],
  )
  const {
    rows: [product],
  } = await db.query<{ id: string; customer_id: string; guid: string; description: string }>(
    'select id, customer_id, guid, description from product where id = $1 for no key update',
    [productId],
  )
  if (!product) throw new Problem('product.not-found', { productId })
  assertTakesKey(product, agents)
  const expiresAt = new Date(now.getTime() + keyLifeHours * 3_600_000)
  const key = await issueProductKey(db, productId, expiresAt)
  const endpointKey = await addEndpointKey(
    db,
    { id: productId, customerId: product.customer_id },
    { machines, expiresAt, createdBy: who.actor.name, at: now },
  )
  const code = writeConnectionCode({
    v: 1,
    server: services.agentUrl,
    caFingerprint: plainHex(services.caFingerprint),
    commandKey: commandKeyOf(services),
    guid: product.guid,
    key,
    endpointKey: endpointKey.key,
    machines,
    expiresAt: expiresAt.toISOString(),
  })
  db.announce({ kind: 'product', id: productId, customerId: product.customer_id })
  await record(db, services.vault, now, doer(who), {
    activity: 'product.connection-code-issued',
    object: { kind: 'product', id: productId, name: product.description },
    customerId: product.customer_id,
    after: { machines, endpointKeyId: endpointKey.id, expiresAt: expiresAt.toISOString() },
  })
  return { connectionCode: code, machines, expiresAt: expiresAt.toISOString() }
}

/**
 * Fixes who goes where; nobody is told anything yet but by the runner (switch-runner.ts). A fleet that leaves for an installation that is not this one is out of reach for good, so one stolen session must
 * not be enough (R16): a second person approves, however few they are; where there is none, it waits an hour, the owners are told, and the second factor is proven.
 * @param isProven the person's second factor was proven just now
 */
export async function start(
  db: TenantDb,
  services: Services,
  now: Date,
  who: Who,
  productId: string,
  body: BodyOf<typeof identityApi.startSwitch>,
  isProven: boolean,
): Promise<string> {
  const { rows: all } = await db.query<{ id: string; role: 'own' | 'endpoint'; hostname: string; switch: string }>(
    `select id, role, hostname, switch from agent where product_id = $1 and switch <> 'unregistered' order by id for no key update`,
    [productId],
  )
  const {
    rows: [product],
  } = await db.query<{ id: string; customer_id: string; guid: string; description: string }>(
    'select id, customer_id, guid, description from product where id = $1 for no key update',
    [productId],
  )
  if (!product) throw new Problem('product.not-found', { productId })
  const code = usableCode(body.connectionCode, now)
  assertNamed(product.description, body.confirmName)
  const isHere = code.server === services.agentUrl && code.commandKey === commandKeyOf(services)
  if (isHere && code.guid === product.guid)
    throw new Problem('switch.same-product', {}, { fields: [{ path: 'connectionCode', code: 'invalid' }] })
  const { rowCount: live } = await db.query(
    `select from connection_switch where product_id = $1 and state in ('waiting', 'delayed', 'preparing', 'switching', 'giving-up')`,
    [productId],
  )
  if (live > 0) throw new Problem('switch.under-way', { productId })
  if (all.length === 0) throw new Problem('switch.nobody', { productId })
  if (all.length > code.machines + 1 || all.filter(({ role }) => role === 'endpoint').length > code.machines)
    throw new Problem(
      'switch.too-many',
      { agents: all.length, machines: code.machines },
      { fields: [{ path: 'connectionCode', code: 'invalid' }] },
    )
  await assertAble(
    db,
    all.map(({ id }) => id),
  )
  const to = isHere ? ((await db.query<{ id: string }>('select id from product where guid = $1', [code.guid])).rows[0]?.id ?? null) : null
  const agents = all.map(({ id }) => ({ id, customerId: product.customer_id }))
  const isFree = to !== null && !(await isBeyond(db, services, { type: 'move-agent', agents }))
  const state = isFree ? 'preparing' : (await canApprove(db, who.actor.accountId)) ? 'waiting' : 'delayed'
  if (state === 'delayed' && !isProven) throw new Problem('mfa.needed-here')
  if (isFree) await spend(db, services, who.actor, { type: 'move-agent', agents })
  const startsAt = state === 'delayed' ? new Date(now.getTime() + delayMinutes * 60_000) : null
  const id = newId(now)
  const keys = await services.vault.seal(db, 'secrets', placeOfKeys(id), JSON.stringify({ key: code.key, endpointKey: code.endpointKey }))
  try {
    await db.query(
      `insert into connection_switch (partner_id, id, customer_id, product_id, state, server, ca_fingerprint, command_key, guid, keys, to_product_id, is_internal, reason, created_by_id, created_by, created_at, starts_at, expires_at)
       values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18)`,
      [
        db.tenant.partnerId,
        id,
        product.customer_id,
        productId,
        state,
        code.server,
        code.caFingerprint,
        code.commandKey,
        code.guid,
        keys,
        to,
        to !== null,
        body.reason,
        who.actor.accountId,
        who.actor.name,
        now,
        startsAt,
        code.expiresAt,
      ],
    )
  } catch (error) {
    if (uniqueViolation(error) === 'connection_switch_live') throw new Problem('switch.under-way', { productId }, { cause: error })
    throw error
  }
  await db.query(
    `insert into connection_switch_agent (partner_id, switch_id, agent_id, customer_id, product_id, name, role, at) select a.partner_id, $1, a.id, a.customer_id, a.product_id, a.hostname, a.role, $3 from agent a where a.id = any($2)`,
    [id, all.map((agent) => agent.id), now],
  )
  if (startsAt)
    await tellOwners(db, services, who.actor, { id, server: code.server, product: product.description, agents: all.length, startsAt })
  db.announce({ kind: 'product', id: productId, customerId: product.customer_id })
  db.afterCommit(switchBell.ring)
  await record(db, services.vault, now, doer(who), {
    activity: state === 'waiting' ? 'switch.submitted' : state === 'delayed' ? 'switch.delayed' : 'switch.started',
    object: objectOf({ product_id: productId, product_name: product.description }),
    customerId: product.customer_id,
    after: {
      switchId: id,
      server: code.server,
      caFingerprint: code.caFingerprint,
      guid: code.guid,
      agents: all.map(({ id: agentId, hostname }) => ({ id: agentId, hostname })),
      reason: body.reason,
      startsAt: startsAt?.toISOString() ?? null,
    },
  })
  return id
}

/** All or none: one that can't take the order would be left alone. @throws command.target-disabled, command.not-supported */
async function assertAble(db: TenantDb, ids: readonly string[]): Promise<void> {
  for (const agent of await lockAgents(db, ids)) {
    if (agent.switch === 'disabled') throw new Problem('command.target-disabled', { agentId: agent.id })
    const known = agent.commands.find(({ type }) => type === 'move-agent')
    if (known?.isSupported !== true)
      throw new Problem('command.not-supported', { agentId: agent.id, type: 'move-agent', reason: known?.reason ?? 'not-supported' })
  }
}

async function tellOwners(
  db: TenantDb,
  services: Services,
  actor: Actor,
  about: { id: string; server: string; product: string; agents: number; startsAt: Date },
): Promise<void> {
  for (const accountId of await owners(db)) {
    await notify(db, services, {
      kind: 'switch-delayed',
      key: `switch:${about.id}:delayed:${accountId}`,
      accountId,
      values: {
        switchId: about.id,
        giver: actor.name,
        product: about.product,
        agents: String(about.agents),
        server: about.server,
        at: about.startsAt.toISOString(),
      },
    })
  }
}
