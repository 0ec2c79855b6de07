import { afterAll, beforeAll, expect, it } from 'vitest'
import { testDatabase, type TestDatabase } from '../platform/testing/database.ts'
import { besiege, expectAllThereOnce, ServerProcesses } from './testing/kills.ts'

let database: TestDatabase
let servers: ServerProcesses
beforeAll(async () => {
  database = await testDatabase()
  servers = new ServerProcesses(database.url)
})
afterAll(async () => {
  await servers.stop()
  await database.close()
})

/** `npm run test:long` has 500 beside (kill.long.test.ts). */
const kills = 9

it(`${kills} kills -9 of server processes that share a database, under load: nothing lost, nothing doubled, no false clone (R22, R43, R44, R10)`, async () => {
  await Promise.all([servers.start(), servers.start(), servers.start()])
  const siege = await besiege(database, servers, { size: 8, everyMs: 30, items: 5 })
  for (let done = 0; done < kills; done++) {
    const starting = servers.start()
    await new Promise((resolve) => setTimeout(resolve, Math.random() * 200))
    await servers.kill(servers.running[Math.floor(Math.random() * servers.running.length)]!)
    if (servers.running.length < 2) await starting
    else starting.catch(() => {})
  }
  await siege.settle()
  expect(siege.agents.reduce((sum, { reconnects }) => sum + reconnects, 0)).toBeGreaterThan(kills)
  await expectAllThereOnce(database, siege)
}, 300_000)
