#!/usr/bin/env node
// `npm run bench [-- [--short] [name ...]]`: loads against a fresh installation of this checkout; kept results stand in packages/bench/results.
import { fileURLToPath } from 'node:url'
import { ensureInstalled, findNode, inNode24, ownPath, requireNode, root, runThrough } from './lib/set-up.mjs'

requireNode()
ensureInstalled()
await inNode24(fileURLToPath(import.meta.url))
const { ensureBuilt } = await import('./lib/build.mjs')
ensureBuilt('console')
ensureBuilt('agent')
const { code } = await runThrough(findNode(), [`${root}/packages/bench/src/main.ts`, ...process.argv.slice(2)], ownPath())
process.exit(code)
