import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { testDatabase, type TestDatabase } from '../platform/testing/database.ts'
import { assertMayTry, countWrongTry } from './wrong-tries.ts'

let database: TestDatabase
beforeAll(async () => void (database = await testDatabase()))
afterAll(() => database.close())

const now = new Date()
const limited = (address: string, name: string) =>
  assertMayTry(database, { address, name }, now).then(
    () => false,
    () => true,
  )
const wrong = async (times: number, address: string, name: string) => {
  for (let i = 0; i < times; i++) await countWrongTry(database, { address, name }, now)
}

describe('wrong tries (R9, R20, R43)', () => {
  it('in an agent’s name stop who makes them, never the agent elsewhere: its name is no secret', async () => {
    const name = randomUUID()
    await wrong(20, '198.51.100.1', name)
    expect([await limited('198.51.100.1', name), await limited('192.0.2.1', name)]).toEqual([true, false])
  })

  it('of some broken agents do not shut out the others behind their address', async () => {
    for (let i = 0; i < 12; i++) await wrong(6, '198.51.100.2', randomUUID()) // an hour of each asking every ten minutes
    expect(await limited('198.51.100.2', randomUUID())).toBe(false)
  })

  it('of many names from one address come to an end', async () => {
    await database.owner.query(
      `insert into attempt (key, at, id) select 'agent-address:198.51.100.3', $1, gen_random_uuid() from generate_series(1, 600)`,
      [now],
    )
    expect(await limited('198.51.100.3', randomUUID())).toBe(true)
  })
})
