import { createPrivateKey, createPublicKey } from 'node:crypto'
import {
  EnrolRequest,
  ForkRequest,
  forkText,
  oldestProtocolVersion,
  protocolVersion,
  type EnrolReply,
  type Machine,
} from '@vigie/domain/agents'
import { Problem } from '@vigie/domain/kernel'
import { record, type Doer } from '../audit/index.ts'
import { customerOfRegistration } from '../customers/index.ts'
import { markClass, newId, uniqueViolation, type Services, type Tenant, type TenantDb } from '../platform/index.ts'
import { releaseRoot } from '../releases/index.ts'
import { hashOfKey, isKey, isSignedBy, rawPublicKey } from './keys.ts'
import {
  byPublicKey,
  countCopies,
  giveEndpoint,
  insertAgent,
  isFingerprintTaken,
  isSpokenFor,
  lockEndpointKey,
  lockProduct,
  reviveAgent,
  spendEndpointKey,
  spendKey,
  type RegisteringProduct,
} from './registration.ts'
import { isSiteServer } from './site-role.ts'
import { noteRefusal } from './refusals.ts'
import { lockAgent, setState, showProductState } from './store.ts'
import { assertMayTry, countWrongTry } from './wrong-tries.ts'

/** A copy may ask for an identity of its own for so long after it was told that it is one. */
const forkWithinMs = 24 * 3_600_000
/** And of one identity at most so many in that time: a stolen key makes no armies. */
const mostCopiesADay = 500

export const systemOf = (partnerId: string): Tenant => ({ partnerId, scope: 'all', principalId: null })

/**
 * Binds one installation to a product (R9). Not knowing the GUID, not having its key and having another's look the same. A repeat by the same key pair is
 * answered again: its answer was lost.
 * @throws agent.key-wrong, agent.key-expired, agent.key-used, agent.credentials-wrong, product.already-registered, agent.is-clone, agent.version-unsupported, request.rate-limited, server.busy
 */
export async function enrol(services: Services, request: EnrolRequest, address: string): Promise<EnrolReply> {
  const { database } = services
  const now = services.clock.now()
  assertProtocol(request.protocol)
  const publicKey = rawPublicKey(request.publicKey)
  if (publicKey === null) throw new Problem('agent.frame-invalid')
  const attempt = { address, name: request.credentials?.userName ?? request.guid.toLowerCase() }
  await assertMayTry(database, attempt, now)
  const [found] = await database.lookup<{ partner_id: string; product_id: string }>('select * from vigie.find_product($1)', [request.guid])
  try {
    // before a transaction: it takes a core 50 ms, and holds no connection meanwhile
    const ofCustomerId = request.credentials ? await customerOf(services, request.credentials, found?.partner_id, now) : null
    if (!found) {
      isKey(request.key ?? '', null)
      throw new Problem('agent.key-wrong')
    }
    const reply = await database.transaction(systemOf(found.partner_id), (db) =>
      register(db, services, { request, publicKey, address, productId: found.product_id, ofCustomerId, now }),
    )
    const root = await releaseRoot(services)
    return root === null ? reply : { ...reply, releaseRoot: root }
  } catch (error) {
    if (error instanceof Problem && (error.code === 'agent.key-wrong' || error.code === 'agent.credentials-wrong'))
      await countWrongTry(database, attempt, now)
    if (error instanceof Problem && found && error.code !== 'server.busy')
      await noteRefusal(database, found, { reason: error.code, request, address, now })
    throw error
  }
}

/** CUS-6. A GUID that nobody has and a customer of another business look like a wrong password. @throws agent.credentials-wrong, server.busy */
async function customerOf(
  services: Services,
  { userName, password }: EnrolRequest['credentials'] & object,
  partnerId: string | undefined,
  now: Date,
): Promise<string> {
  const customer = await customerOfRegistration(services, userName, password, now)
  if (customer === null || customer.partnerId !== partnerId) throw new Problem('agent.credentials-wrong')
  return customer.customerId
}

interface Registration {
  request: EnrolRequest
  publicKey: Buffer
  address: string
  productId: string
  /** Whose registration credentials came in place of a key; null: a key came. */
  ofCustomerId: string | null
  now: Date
}

async function register(
  db: TenantDb,
  services: Services,
  { request, publicKey, address, productId, ofCustomerId, now }: Registration,
): Promise<EnrolReply> {
  const product = await lockProduct(db, productId)
  const isOwnKey = product !== null && request.key !== undefined && isKey(request.key, product.keyHash)
  const endpointKey = isOwnKey || request.key === undefined ? null : await lockEndpointKey(db, productId, hashOfKey(request.key))
  if (ofCustomerId !== null && product?.customerId !== ofCustomerId) throw new Problem('agent.credentials-wrong')
  if (!product || (!isOwnKey && endpointKey === null && ofCustomerId === null)) throw new Problem('agent.key-wrong')
  const known = await byPublicKey(db, publicKey)
  if (known?.productId === productId && known.switch !== 'unregistered') return replyOf(services, known, product)
  if (known && (known.productId !== productId || known.clonedFromId !== null)) throw new Problem('agent.is-clone')
  if (ofCustomerId !== null) {
    if (await isSpokenFor(db, productId)) throw new Problem('product.already-registered', { productId })
  } else
    assertUsable(
      endpointKey
        ? { isSpent: endpointKey.uses >= endpointKey.maxUses, endsAt: endpointKey.revokedAt ?? endpointKey.expiresAt }
        : { isSpent: product.keyUsedAt !== null, endsAt: product.keyExpiresAt },
      now,
    )
  const role = endpointKey ? 'endpoint' : 'own'
  const { machine, agentVersion, protocol } = clean(request)
  const id = known?.id ?? newId(now)
  if (known) await reviveAgent(db, id, { machine, agentVersion, protocol, role, at: now })
  else
    await insertAgent(db, {
      id,
      productId,
      customerId: product.customerId,
      publicKey,
      machine,
      agentVersion,
      protocol,
      clonedFromId: null,
      endpointPrefix: '',
      role,
      formerNames: [],
      at: now,
    })
  if (endpointKey) await spendEndpointKey(db, endpointKey.id)
  else await spendKey(db, productId, now) // also one that was made meanwhile and not used: the GUID has its installation
  await showProductState(db, { productId, customerId: product.customerId })
  await record(db, services.vault, now, byAgent(id, machine, address), {
    activity: 'agent.registered',
    object: { kind: 'agent', id, name: machine.hostname },
    customerId: product.customerId,
    after: {
      productId,
      machine,
      agentVersion,
      role,
      ...(endpointKey && { endpointKeyId: endpointKey.id }),
      ...(request.credentials && { credentials: request.credentials.userName }),
    },
  })
  return replyOf(services, { id, role }, product)
}

/**
 * A copy takes an identity of its own (R10): a second agent of the same product, which says whose copy it was. Only after a copy was really met.
 * @throws agent.unregistered, agent.signature-wrong, agent.is-clone (its original is not known to be copied), request.rate-limited
 */
export async function fork(services: Services, request: ForkRequest, address: string): Promise<EnrolReply> {
  const { database } = services
  const now = services.clock.now()
  const publicKey = rawPublicKey(request.publicKey)
  if (publicKey === null) throw new Problem('agent.frame-invalid')
  const attempt = { address, name: request.agentId }
  await assertMayTry(database, attempt, now)
  const [found] = await database.lookup<{ partner_id: string }>('select partner_id from vigie.find_agent($1)', [request.agentId])
  if (!found) throw new Problem('agent.unregistered')
  try {
    return await database.transaction(systemOf(found.partner_id), (db) => separate(db, services, { request, publicKey, address, now }))
  } catch (error) {
    if (error instanceof Problem && error.code === 'agent.signature-wrong') await countWrongTry(database, attempt, now)
    if (uniqueViolation(error) === 'agent_public_key') throw new Problem('agent.is-clone', {}, { cause: error })
    throw error
  }
}

async function separate(
  db: TenantDb,
  services: Services,
  { request, publicKey, address, now }: { request: ForkRequest; publicKey: Buffer; address: string; now: Date },
): Promise<EnrolReply> {
  const original = await lockAgent(db, request.agentId, markClass)
  if (!original || original.switch === 'unregistered') throw new Problem('agent.unregistered')
  if (!isSignedBy(original.publicKey, forkText(request), request.signature)) throw new Problem('agent.signature-wrong')
  const product = (await lockProduct(db, original.productId))!
  const known = await byPublicKey(db, publicKey)
  if (known && known.clonedFromId === original.id) return replyOf(services, known, product)
  if (known) throw new Problem('agent.is-clone')
  if (original.cloneSeenAt === null || original.cloneSeenAt.getTime() < now.getTime() - forkWithinMs) throw new Problem('agent.is-clone')
  // not cleared by the first of them: of an image there may be hundreds, and one notice is enough for all
  if ((await countCopies(db, original.id, new Date(now.getTime() - forkWithinMs))) >= mostCopiesADay)
    throw new Problem('request.rate-limited')
  const { machine, agentVersion } = clean(request)
  const id = newId(now)
  const isTwin = await isFingerprintTaken(db, product.id, machine.fingerprint)
  await insertAgent(db, {
    id,
    productId: product.id,
    customerId: product.customerId,
    publicKey,
    machine,
    agentVersion,
    protocol: protocolVersion,
    clonedFromId: original.id,
    endpointPrefix: isTwin ? `${id}:` : '',
    role: original.role,
    formerNames: [...new Set([original.fingerprint, ...original.formerNames])].filter((name) => name !== machine.fingerprint),
    at: now,
  })
  if (!isTwin) await giveEndpoint(db, product.id, machine.fingerprint, id)
  if (original.cause === 'is-clone') await setState(db, original, original.state, null)
  await showProductState(db, { productId: product.id, customerId: product.customerId })
  await record(db, services.vault, now, byAgent(id, machine, address), {
    activity: 'agent.clone-registered',
    object: { kind: 'agent', id, name: machine.hostname },
    customerId: product.customerId,
    after: { productId: product.id, clonedFromId: original.id, machine, agentVersion },
  })
  return replyOf(services, { id, role: original.role }, product)
}

/** @throws agent.key-used, agent.key-expired */
function assertUsable({ isSpent, endsAt }: { isSpent: boolean; endsAt: Date | null }, now: Date): void {
  if (isSpent) throw new Problem('agent.key-used')
  if (endsAt === null || endsAt <= now) throw new Problem('agent.key-expired')
}

/** @throws agent.version-unsupported */
export function assertProtocol(protocol: number): void {
  if (protocol < oldestProtocolVersion || protocol > protocolVersion)
    throw new Problem('agent.version-unsupported', { protocol, oldest: oldestProtocolVersion, newest: protocolVersion })
}

function replyOf(services: Services, agent: { id: string; role: 'own' | 'endpoint' }, product: RegisteringProduct): EnrolReply {
  return {
    agentId: agent.id,
    commandKey: commandKeyOf(services),
    channel: `${services.agentUrl.replace(/^https:/, 'wss:')}/agent/v1/channel`,
    product: { typeId: product.typeId, description: product.description },
    isSiteServer: isSiteServer({ role: agent.role, typeId: product.typeId }),
    ...(services.caCertificate !== undefined && { ca: services.caCertificate }),
  }
}
/** Public half of the key that signs commands, as it travels (R14). */
export const commandKeyOf = (services: Pick<Services, 'commandKey'>): string => publicPartOf(services.commandKey)
const publicPartOf = (der: Buffer): string =>
  createPublicKey(createPrivateKey({ key: der, format: 'der', type: 'pkcs8' })).export({ format: 'jwk' }).x!

export const byAgent = (id: string, machine: Pick<Machine, 'hostname'>, address: string | null): Doer => ({
  kind: 'agent',
  id,
  name: machine.hostname,
  address,
})

/** PostgreSQL's texts hold no NUL and no half of a surrogate pair (R12). */
export const cleanText = (text: string): string => (text.includes('\0') ? text.replaceAll('\0', '\uFFFD') : text).toWellFormed()
export const cleanMachine = (machine: Machine): Machine => ({
  ...machine,
  hostname: cleanText(machine.hostname),
  platform: cleanText(machine.platform),
  addresses: machine.addresses.map(cleanText),
})
const clean = <R extends { machine: Machine; agentVersion: string }>(request: R): R => ({
  ...request,
  machine: cleanMachine(request.machine),
  agentVersion: cleanText(request.agentVersion),
})
