import { figures, rowsOf } from '@vigie/domain/figures'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { Actor } from '../platform/index.ts'
import { aCustomer, anActor, aPartner, aProduct } from '../platform/testing/database.ts'
import { testServer, type TestServer } from '../platform/testing/server.ts'
import { counts } from './index.ts'

let server: TestServer
beforeAll(async () => void (server = await testServer()))
afterAll(() => server.close())

let partnerId: string
let call: ReturnType<TestServer['as']>
beforeEach(async () => {
  partnerId = await aPartner(server.database)
  call = server.as(await anActor(server.database, partnerId))
})
const sql = (text: string, values: unknown[]) => server.database.owner.query(text, values)

describe('figures (PRD-8, DSH-2)', () => {
  it('each one that domain names is counted, and no other', () => {
    expect(counts.map(({ figure }) => figure.id).toSorted()).toEqual(figures.map(({ id }) => id).toSorted())
  })

  it.each(figures.map((figure) => [figure.id, figure] as const))(
    '%s has its shape over nothing at all, and says when it was counted',
    async (id, figure) => {
      const { status, body } = await call('GET', `/v1/figures/${id}`)
      expect(status).toBe(200)
      expect(figure.value.safeParse(body.value).error).toBeUndefined()
      expect(Math.abs(Date.parse(body.asOf) - server.clock.now().getTime())).toBeLessThan(5_000)
    },
  )

  it('one nobody knows is not there', async () => expect((await call('GET', '/v1/figures/profit')).body.code).toBe('figure.not-found'))

  /** Seven customers with counts of their own, products in several states, beside another business with as many. */
  async function anEstate() {
    const foreign = await aPartner(server.database)
    for (const owner of [partnerId, foreign]) {
      for (let n = 0; n < 7; n++) {
        const customerId = await aCustomer(server.database, owner, { company: `C${n}`, tags: n < 3 ? ['mine'] : [] })
        await sql('update customer set action_required_count = $2, warning_count = $3 where id = $1', [customerId, n % 4, (7 - n) % 3])
        const productId = await aProduct(server.database, owner, customerId)
        await sql('update product set state = $2 where id = $1', [productId, ['online', 'abnormal', 'pending'][n % 3]])
      }
    }
  }
  async function everyRow(list: string): Promise<Record<string, any>[]> {
    const rows = []
    for (let cursor: string | null = ''; cursor !== null;) {
      const { body } = await call('GET', `${list}?limit=3${cursor && `&cursor=${cursor}`}`)
      rows.push(...body.rows)
      cursor = body.nextCursor
    }
    return rows
  }
  const sum = (rows: Record<string, any>[], of: (row: Record<string, any>) => number) => rows.reduce((total, row) => total + of(row), 0)

  async function assertEqualTheirRows() {
    const customers = await everyRow('/v1/customers')
    const { value } = (await call('GET', '/v1/figures/attention')).body
    expect(value.actionRequired).toBe(sum(customers, (row) => row.attention.actionRequired))
    expect(value.warning).toBe(sum(customers, (row) => row.attention.warning))
    const worst = customers
      .filter((row) => row.attention.actionRequired + row.attention.warning > 0)
      .toSorted(
        (a, b) =>
          b.attention.actionRequired - a.attention.actionRequired || b.attention.warning - a.attention.warning || (a.id < b.id ? 1 : -1),
      )
      .slice(0, 5)
    expect(value.customers).toEqual(worst.map((row) => ({ id: row.id, company: row.company, ...row.attention })))
    const products = await everyRow('/v1/products')
    const { states } = (await call('GET', '/v1/figures/agents-by-state')).body.value
    expect(states).toEqual(
      ['pending', 'online', 'abnormal'].flatMap((state) => {
        const count = products.filter((row) => row.state === state).length
        return count > 0 ? [{ state, count, rows: rowsOf.products({ state: state as 'online' }) }] : []
      }),
    )
    return customers.length
  }

  it('equal the sum of the rows behind them', async () => {
    await anEstate()
    expect(await assertEqualTheirRows()).toBe(7)
  })

  it('and so for an account limited to some customers: the figure counts what its lists show (ACC-14)', async () => {
    await anEstate()
    const limited: Actor = await anActor(server.database, partnerId, { role: 'technician', isScopeLimited: true })
    await sql(
      `insert into scope_line (partner_id, id, account_id, position, effect, target, tag) values ($1, gen_random_uuid(), $2, 0, 'allow', 'tag', 'mine')`,
      [partnerId, limited.accountId],
    )
    call = server.as(limited)
    expect(await assertEqualTheirRows()).toBe(3)
  })
})
