import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import pg from 'pg'
import { createPool, migrate } from '../packages/server/src/platform/db/index.ts'
import { startForTests } from '../packages/server/src/platform/postgres/index.ts'
import { findRoutes, openApi } from './lib/openapi.ts'
import { dumpSchema } from './lib/schema-dump.ts'
import { root } from './lib/set-up.mjs'

/** `npm run gen`: what is written from the sources and committed, so that a change of it shows in review. `--check` only compares. */
const generated: { file: string; make: () => Promise<string> }[] = [
  { file: 'docs/api/openapi.json', make: makeOpenApi },
  { file: 'packages/server/schema.sql', make: makeSchema },
]

async function makeOpenApi(): Promise<string> {
  const { version } = JSON.parse(readFileSync(path.join(root, 'package.json'), 'utf8')) as { version: string }
  return `${JSON.stringify(openApi(await findRoutes(root), version), null, 1)}\n`
}

async function makeSchema(): Promise<string> {
  const server = await startForTests()
  const url = server.superuserUrl
  try {
    const pool = createPool({ url, max: 1, role: null, onIdleError: () => {} })
    await migrate(pool)
    await pool.end()
    const client = new pg.Client(url)
    await client.connect()
    try {
      return await dumpSchema(client)
    } finally {
      await client.end()
    }
  } finally {
    await server.stop()
  }
}

const isCheck = process.argv.includes('--check')
for (const { file, make } of generated) {
  const target = path.join(root, file)
  const fresh = await make()
  if (fresh === read(target)) continue
  if (isCheck) {
    process.stdout.write(`${file} is not what the sources say: run \`npm run gen\` and commit it.\n`)
    process.exitCode = 1
  } else {
    mkdirSync(path.dirname(target), { recursive: true })
    writeFileSync(target, fresh)
    process.stdout.write(`written: ${file}\n`)
  }
}

function read(file: string): string | null {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return null
  }
}
