#!/usr/bin/env node
// `npm start`: from a fresh clone to a running Vigie. Flags and environment: `npm start -- --help`.
import { ensureInstalled, findNode, ownPath, requireNode, root, runThrough } from './lib/set-up.mjs'

requireNode()
ensureInstalled()
const { buildBeside, ensureBuilt } = await import('./lib/build.mjs')
ensureBuilt('console')
const giveUp = buildBeside('agent')
const { code } = await runThrough(findNode(), [`${root}/packages/server/src/main.ts`, ...process.argv.slice(2)], ownPath())
giveUp()
process.exit(code)
