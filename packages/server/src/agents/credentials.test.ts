import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { aCustomer, anActor, aProduct } from '../platform/testing/database.ts'
import { aKey, post, testAgentSide, TestIdentity, type TestAgentSide } from './testing/index.ts'

let world: TestAgentSide
beforeAll(async () => void (world = await testAgentSide()))
afterAll(() => world.close())

interface Credentials {
  userName: string
  password: string
}
const rows = async (text: string, values: unknown[] = []) => (await world.server.database.owner.query(text, values)).rows
const guidOf = async (productId: string): Promise<string> => (await rows('select guid from product where id = $1', [productId]))[0].guid
const stateOf = async (productId: string) => (await rows('select state from product where id = $1', [productId]))[0].state

/** A business with a product that waits, and its customer's credentials, made in the console. */
async function aBusiness() {
  const made = await world.aBusiness()
  const call = world.server.as(await anActor(world.server.database, made.partnerId))
  const { status, body } = await call('POST', `/v1/customers/${made.customerId}/credentials`, { graceHours: 0 })
  expect(status).toBe(200)
  return {
    ...made,
    call,
    guid: await guidOf(made.productId),
    credentials: { userName: body.credentials.userName, password: body.password } as Credentials,
  }
}
async function register(guid: string, credentials: Credentials | undefined, identity = new TestIdentity()) {
  const { key: _, ...body } = identity.enrolBody(guid, '')
  const answer = await post(world.target, '/agent/v1/enrol', { ...body, ...(credentials && { credentials }) })
  return {
    code: answer.status === 200 ? 'registered' : (answer.body.code as string),
    agentId: answer.body.agentId as string,
    remedy: answer.body.remedy as string,
  }
}

describe('an appliance registers with the customer’s credentials (CUS-6)', () => {
  it('beside the GUID, without a key; the same key pair is answered again; who did it stands in the audit log', async () => {
    const { guid, productId, customerId, credentials, call } = await aBusiness()
    const identity = new TestIdentity()
    const first = await register(guid, credentials, identity)
    expect([first.code, await stateOf(productId)]).toEqual(['registered', 'unknown'])
    expect((await register(guid, credentials, identity)).agentId).toBe(first.agentId)
    const log = (await call('GET', `/v1/audit?customerId=${customerId}`)).body.rows as {
      activity: string
      after: { credentials?: string } | null
    }[]
    expect(log.filter(({ activity }) => activity === 'agent.registered').map(({ after }) => after?.credentials)).toEqual([
      credentials.userName,
    ])
    expect(JSON.stringify(log)).not.toContain(credentials.password)
  })

  it('each GUID takes one installation all the same, and a key made before ends with it (PRD-2)', async () => {
    const { guid, productId, credentials, call } = await aBusiness()
    const key = await aKey(world.server.database, productId)
    const { agentId } = await register(guid, credentials)
    expect((await register(guid, credentials)).code).toBe('product.already-registered')
    expect((await post(world.target, '/agent/v1/enrol', new TestIdentity().enrolBody(guid, key.key))).body.code).toBe('agent.key-used')
    const [{ hostname }] = await rows('select hostname from agent where id = $1', [agentId])
    expect((await call('DELETE', `/v1/agents/${agentId}`, { confirmName: hostname })).status).toBe(200)
    expect((await register(guid, credentials)).code).toBe('registered')
  })

  it.each<[string, (own: Awaited<ReturnType<typeof aBusiness>>) => Promise<[guid: string, credentials: Credentials]>]>([
    ['a wrong password', async ({ guid, credentials }) => [guid, { ...credentials, password: `${credentials.password}x` }]],
    ['a name that never was', async ({ guid, credentials }) => [guid, { ...credentials, userName: 'v-nobody' }]],
    ['a GUID that never was', async ({ credentials }) => [crypto.randomUUID(), credentials]],
    ['the GUID of another business', async ({ credentials }) => [(await aBusiness()).guid, credentials]],
    [
      'the GUID of another customer of the business',
      async ({ partnerId, credentials }) => {
        return [
          await guidOf(await aProduct(world.server.database, partnerId, await aCustomer(world.server.database, partnerId))),
          credentials,
        ]
      },
    ],
    [
      'credentials that were taken away',
      async ({ guid, customerId, credentials, call }) => {
        expect((await call('DELETE', `/v1/customers/${customerId}/credentials`)).status).toBe(200)
        return [guid, credentials]
      },
    ],
  ])('%s: refused, all of them alike (R2, R9)', async (_, make) => {
    const own = await aBusiness()
    const [guid, credentials] = await make(own)
    const { code, remedy } = await register(guid, credentials)
    expect([code, remedy !== '']).toEqual(['agent.credentials-wrong', true])
    expect(await rows('select from agent where product_id = $1', [own.productId])).toEqual([])
  })

  it('neither key nor credentials, or both, or a name that is none: refused before work (R12, R18)', async () => {
    const { guid, credentials } = await aBusiness()
    for (const userName of ['', 'v-\0', 'v-\ud800', "v-' or 1=1", 'v'.repeat(41)])
      expect((await register(guid, { ...credentials, userName })).code).toBe('request.invalid')
    expect((await register(guid, undefined)).code).toBe('request.invalid')
    expect((await post(world.target, '/agent/v1/enrol', { ...new TestIdentity().enrolBody(guid, 'x'), credentials })).body.code).toBe(
      'request.invalid',
    )
  })

  it('twenty wrong passwords of one name are enough for an hour, and the product says that somebody was refused (R30, R43, INV-2)', async () => {
    const { guid, productId, credentials } = await aBusiness()
    await world.server.database.owner.query('delete from attempt')
    // the count is what stops, not the hashing: nineteen of the twenty are set down as they would have been
    expect((await register(guid, { ...credentials, password: 'wrong' })).code).toBe('agent.credentials-wrong')
    const [{ key }] = await rows(`select key from attempt where key like 'agent-name:%'`)
    await rows('insert into attempt (key, at, id) select $1, now(), gen_random_uuid() from generate_series(1, 19)', [key])
    expect((await register(guid, credentials)).code).toBe('request.rate-limited')
    await world.server.database.owner.query('delete from attempt')
    expect((await rows('select reason from enrolment_refusal where product_id = $1', [productId])).map(({ reason }) => reason)).toEqual([
      'agent.credentials-wrong',
    ])
  })

  it('the console shows the command with the user name, never with the password; none before they were made', async () => {
    const { call, productId, customerId, guid, credentials } = await aBusiness()
    const shown = (await call('POST', `/v1/products/${productId}/key`)).body
    expect(shown.credentialsCommand).toContain(`--guid ${guid} --user ${credentials.userName}`)
    expect(shown.credentialsCommand).not.toContain('--key')
    expect(JSON.stringify(shown)).not.toContain(credentials.password)
    expect((await call('DELETE', `/v1/customers/${customerId}/credentials`)).status).toBe(200)
    expect((await call('POST', `/v1/products/${productId}/key`)).body.credentialsCommand).toBeNull()
  })
})
