#!/usr/bin/env node
// `npm start`: from a fresh clone to a running Vigie. Flags and environment: `npm start -- --help`.
import { existsSync } from 'node:fs'
import { ensureInstalled, findNode, ownPath, requireNode, root, runThrough } from './lib/set-up.mjs'

requireNode()
ensureInstalled()
const { ensureBuilt } = await import('./lib/build.mjs')
ensureBuilt('console')
if (existsSync(`${root}/packages/agent/build.ts`)) ensureBuilt('agent')
const { code } = await runThrough(findNode(), [`${root}/packages/server/src/main.ts`, ...process.argv.slice(2)], ownPath())
process.exit(code)
