#!/usr/bin/env node
// `npm test`: sets up what the tests need, checks the sources, runs the tests. The last line is plain: `N passed, N failed`. `--long` takes the long tests along.
// Other arguments go to vitest: `npm test -- packages/domain`.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { ensureInstalled, inNode24, ownPath, requireNode, root, runThrough, say } from './lib/set-up.mjs'

requireNode()
ensureInstalled()
await inNode24(fileURLToPath(import.meta.url))
const { agentForTests, ensureBuilt } = await import('./lib/build.mjs')
const { ensureClamav } = await import('./lib/clamav.mjs')
const { runChecks } = await import('./lib/checks.ts')

const isLong = process.argv.includes('--long')
const chosen = process.argv.slice(2).filter((argument) => argument !== '--long')
const account = { passed: 0, failed: 0, notRun: [] }

const agentBuilt = agentForTests()
ensureBuilt('console')
const noClamav = ensureClamav()
if (noClamav) say(`tests that need ClamAV will not run: ${noClamav}`)

if (chosen.length === 0) {
  for (const { name, complaints } of await runChecks()) {
    process.stdout.write(complaints === '' ? `ok      ${name}\n` : `FAILED  ${name}\n${complaints}\n`)
    if (complaints === '') account.passed++
    else account.failed++
  }
}

await agentBuilt

const folder = mkdtempSync(path.join(tmpdir(), 'vigie-test-'))
const file = path.join(folder, 'account.json')
const env = {
  ...ownPath(),
  VIGIE_TEST_ACCOUNT: file,
  ...(isLong ? { VIGIE_TEST_LONG: '1' } : {}),
  ...(noClamav ? { VIGIE_NO_CLAMAV: noClamav } : {}),
}
const args = [
  path.join(root, 'node_modules/vitest/vitest.mjs'),
  'run',
  '--root',
  root,
  '--reporter=default',
  '--reporter=./tools/vitest-account.ts',
  ...chosen,
]
const { code } = await runThrough(process.execPath, args, env, root)
try {
  const { passed, failed, notRun } = JSON.parse(readFileSync(file, 'utf8'))
  account.passed += passed
  account.failed += failed
  account.notRun.push(...notRun)
} catch {
  say(`the test runner ended with ${code} and left no account`)
}
rmSync(folder, { recursive: true, force: true })
if (code !== 0 && account.failed === 0) account.failed = 1

for (const { name, why } of account.notRun) process.stdout.write(`not run: ${name}: ${why}\n`)
process.stdout.write(
  `${account.passed} passed, ${account.failed} failed${account.notRun.length > 0 ? `, ${account.notRun.length} skipped` : ''}\n`,
)
process.exitCode = account.failed > 0 ? 1 : 0
