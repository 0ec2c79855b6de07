#!/usr/bin/env node
// `npm run demo`: a made-up estate that lives. Flags: `npm run demo -- --help`.
import { ensureInstalled, findNode, ownPath, requireNode, root, runThrough } from './lib/set-up.mjs'

requireNode()
ensureInstalled()
const { ensureBuilt } = await import('./lib/build.mjs')
ensureBuilt('console')
const { code } = await runThrough(findNode(), [`${root}/packages/lab/src/demo/main.ts`, ...process.argv.slice(2)], ownPath())
process.exit(code)
