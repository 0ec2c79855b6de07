#!/usr/bin/env node
// `npm run check`: types, lint, format, boundaries, generated files, texts, lock file.
import { fileURLToPath } from 'node:url'
import { ensureInstalled, inNode24, requireNode } from './lib/set-up.mjs'

requireNode()
ensureInstalled()
await inNode24(fileURLToPath(import.meta.url))
const { runChecks } = await import('./lib/checks.ts')
const results = await runChecks()
for (const { name, complaints } of results) {
  process.stdout.write(complaints === '' ? `ok      ${name}\n` : `FAILED  ${name}\n${complaints}\n`)
}
process.exitCode = results.some(({ complaints }) => complaints !== '') ? 1 : 0
