import { writeFileSync } from 'node:fs'
import type { Reporter, SerializedError, TestModule, TestSuite } from 'vitest/node'

export interface Account {
  passed: number
  failed: number
  /** Each with why: a test that did not run is told, never taken for passed. */
  notRun: { name: string; why: string }[]
}

/** Writes what the run came to where tools/test.mjs reads it. Files that could not be loaded and errors outside of any test count as failed tests. */
export default class implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], errors: readonly SerializedError[]): void {
    const account: Account = { passed: 0, failed: errors.length, notRun: [] }
    for (const module of modules) {
      if (module.errors().length > 0) account.failed++
      for (const test of module.children.allTests()) {
        const result = test.result()
        if (result.state === 'passed') account.passed++
        else if (result.state === 'failed') account.failed++
        else
          account.notRun.push({
            name: `${module.relativeModuleId} > ${test.fullName}`,
            why:
              (result.state === 'skipped' && result.note) ||
              (hasBroken(test.parent) ? 'its set-up failed' : 'it skips itself here: its file says why'),
          })
      }
      for (const suite of module.children.allSuites()) account.failed += suite.errors().length
    }
    const file = process.env['VIGIE_TEST_ACCOUNT']
    if (file) writeFileSync(file, JSON.stringify(account))
  }
}

/** What stands around a test could not be made, or not be loaded. */
const hasBroken = (around: TestSuite | TestModule): boolean =>
  around.errors().length > 0 || (around.type === 'suite' && hasBroken(around.parent))
