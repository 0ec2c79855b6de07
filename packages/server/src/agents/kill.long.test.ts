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

it('500 kills -9, now one process, now three, with moments without any (R22, R43)', async () => {
  await servers.start()
  const siege = await besiege(database, servers, { size: 16, everyMs: 20, items: 10 })
  for (let done = 0; done < 500; done++) {
    if (servers.running.length === 0) await servers.start()
    if (servers.running.length < 3 && Math.random() < 0.7) servers.start().catch(() => {})
    await new Promise((resolve) => setTimeout(resolve, Math.random() * 1_500))
    const victim = servers.running[Math.floor(Math.random() * servers.running.length)]
    if (victim) await servers.kill(victim)
  }
  if (servers.running.length === 0) await servers.start()
  await siege.settle()
  expect(siege.agents.reduce((sum, { reconnects }) => sum + reconnects, 0)).toBeGreaterThan(500)
  await expectAllThereOnce(database, siege)
}, 3_600_000)
