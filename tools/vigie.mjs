#!/usr/bin/env node
// `npx vigie <command>`: the operator's commands, under the Node 24 of this checkout.
import { ensureInstalled, findNode, ownPath, requireNode, root, runThrough } from './lib/set-up.mjs'

requireNode()
ensureInstalled()
const { code } = await runThrough(findNode(), [`${root}/packages/server/src/cli/main.ts`, ...process.argv.slice(2)], ownPath())
process.exit(code)
