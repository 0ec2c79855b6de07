import type { TestProject } from 'vitest/node'
import { startForTests } from '../packages/server/src/platform/postgres/for-tests.ts'

declare module 'vitest' {
  interface ProvidedContext {
    /** Superuser connection to the run's one PostgreSQL; also in the environment as VIGIE_TEST_PG. */
    testPg: string
  }
}

/** One PostgreSQL for a whole test run. VIGIE_TEST_PG set beforehand (another version, another machine) is taken as it is. */
export default async function setup(project: TestProject): Promise<(() => Promise<void>) | void> {
  const given = process.env['VIGIE_TEST_PG']
  if (given) return project.provide('testPg', given)
  const server = await startForTests()
  process.env['VIGIE_TEST_PG'] = server.superuserUrl
  project.provide('testPg', server.superuserUrl)
  return server.stop
}
