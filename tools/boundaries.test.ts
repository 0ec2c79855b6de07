import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'
import { checkBoundaries } from './boundaries.ts'

const folders: string[] = []
afterEach(() => folders.splice(0).forEach((folder) => rmSync(folder, { recursive: true, force: true })))

/** The complaints about a tree of these files; two slices with an index each stand in every part. */
function complaintsAbout(files: Record<string, string>): string[] {
  const root = mkdtempSync(path.join(tmpdir(), 'vigie-boundaries-'))
  folders.push(root)
  const parts = ['domain', 'server', 'web', 'agent', 'connectors', 'lab']
  const standing: Record<string, string> = Object.fromEntries(
    parts.flatMap((part): [string, string][] => [
      [`packages/${part}/package.json`, JSON.stringify({ dependencies: { zod: '1.0.0', pg: '1.0.0' } })],
      ...['events', 'customers'].map((slice): [string, string] => [`packages/${part}/src/${slice}/index.ts`, 'export {}']),
    ]),
  )
  for (const [file, text] of Object.entries({
    'package.json': JSON.stringify({ devDependencies: { vitest: '1.0.0' } }),
    ...standing,
    ...files,
  })) {
    mkdirSync(path.join(root, path.dirname(file)), { recursive: true })
    writeFileSync(path.join(root, file), text)
  }
  return checkBoundaries(root).map(({ rule, file, line }) => `${rule} ${file}:${line}`)
}

describe('who may import whom (style.md §1)', () => {
  it.each<[string, string, string, string | null]>([
    ['domain imports a part', 'packages/domain/src/events/a.ts', "import { x } from '@vigie/connectors/products'", 'parts'],
    ['a type is an import too', 'packages/domain/src/events/a.ts', "import type { X } from '@vigie/server/events'", 'parts'],
    ['domain uses a Node API', 'packages/domain/src/events/a.ts', "import { readFile } from 'node:fs/promises'", 'domain-is-pure'],
    ['the agent imports domain', 'packages/agent/src/events/a.ts', "import { x } from '@vigie/domain/events'", null],
    ['the agent imports connectors', 'packages/agent/src/events/a.ts', "import { x } from '@vigie/connectors/products'", 'parts'],
    ['the console imports the server', 'packages/web/src/events/a.ts', "import type { Row } from '@vigie/server/events'", 'parts'],
    [
      'the console reaches over by path',
      'packages/web/src/events/a.ts',
      "import { x } from '../../../server/src/events/index.ts'",
      'parts',
    ],
    ['the console re-exports another part', 'packages/web/src/events/a.ts', "export * from '@vigie/agent/core'", 'parts'],
    ['the server imports connectors', 'packages/server/src/events/a.ts', "import { x } from '@vigie/connectors/products'", null],
    ['the server imports the agent', 'packages/server/src/events/a.ts', "import { x } from '@vigie/agent/core'", 'parts'],
    ['the lab imports the agent', 'packages/lab/src/a.ts', "import { x } from '@vigie/agent/core'", null],
    ['the lab imports the server', 'packages/lab/src/a.ts', "import { x } from '@vigie/server/events'", 'parts'],
    ['a slice by its index', 'packages/server/src/events/a.ts', "import { x } from '../customers/index.ts'", null],
    ['a slice past its index', 'packages/server/src/events/a.ts', "import { x } from '../customers/store.ts'", 'slices'],
    ['lazily past its index', 'packages/server/src/events/a.ts', "const x = await import('../customers/store.ts')", 'slices'],
    ['a test of a slice reaches into another', 'packages/server/src/events/a.test.ts', "import { x } from '../customers/store.ts'", null],
    ['a slice uses the platform', 'packages/server/src/events/a.ts', "import { x } from '../platform/db/index.ts'", null],
    ['the platform knows a slice', 'packages/server/src/platform/a.ts', "import { x } from '../events/index.ts'", 'foundation'],
    ['kit uses ui', 'packages/web/src/kit/a.ts', "import { x } from '../ui/button.tsx'", null],
    ['ui uses kit', 'packages/web/src/ui/a.ts', "import { x } from '../kit/page.tsx'", 'foundation'],
    ['a slice uses what puts slices together', 'packages/server/src/events/a.ts', "import { x } from '../main.ts'", 'slices'],
    ['what puts slices together uses any', 'packages/server/src/main.ts', "import { x } from './events/index.ts'", null],
    ['a package that is not named', 'packages/server/src/events/a.ts', "import x from 'left-pad'", 'declared'],
    ['a package that is named', 'packages/server/src/events/a.ts', "import * as z from 'zod'", null],
    ['a tool in a test', 'packages/server/src/events/a.test.ts', "import { it } from 'vitest'", null],
    ['a tool in the product', 'packages/server/src/events/a.ts', "import { it } from 'vitest'", 'declared'],
    ['what cannot be read', 'packages/server/src/events/a.ts', 'const = 1', 'parse'],
  ])('%s', (_, file, text, rule) => {
    expect(complaintsAbout({ [file]: text })).toEqual(rule ? [`${rule} ${file}:1`] : [])
  })
})

describe('slices form no ring (style.md §1, decision 44)', () => {
  const uses = (from: string, to: string, file = 'a.ts', kind = ''): [string, string] => [
    `packages/server/src/${from}/${file}`,
    `import ${kind}{ x } from '../${to}/index.ts'`,
  ]
  const standing = Object.fromEntries(['jobs', 'audit', 'orders'].map((slice) => [`packages/server/src/${slice}/index.ts`, 'export {}']))
  it.each<[string, [string, string][], string[]]>([
    ['two that use each other', [uses('events', 'customers'), uses('customers', 'events')], ['ring packages/server/src/customers/a.ts:1']],
    [
      'a type is a use too',
      [uses('events', 'customers', 'a.ts', 'type '), uses('customers', 'events')],
      ['ring packages/server/src/customers/a.ts:1'],
    ],
    [
      'three, through different files',
      [uses('events', 'jobs'), uses('jobs', 'audit', 'b.ts'), uses('audit', 'events', 'c.ts')],
      ['ring packages/server/src/audit/c.ts:1'],
    ],
    [
      'two rings apart',
      [uses('events', 'customers'), uses('customers', 'events'), uses('jobs', 'audit'), uses('audit', 'jobs'), uses('orders', 'jobs')],
      ['ring packages/server/src/audit/a.ts:1', 'ring packages/server/src/customers/a.ts:1'],
    ],
    [
      'of two rings through one slice the shorter',
      [
        uses('events', 'customers'),
        uses('customers', 'events'),
        uses('events', 'jobs', 'b.ts'),
        uses('jobs', 'audit'),
        uses('audit', 'events'),
      ],
      ['ring packages/server/src/customers/a.ts:1'],
    ],
    ['a chain, and two ways to the same', [uses('events', 'customers'), uses('events', 'jobs', 'b.ts'), uses('customers', 'jobs')], []],
    ['the way back only in a test', [uses('events', 'customers'), uses('customers', 'events', 'a.test.ts')], []],
  ])('%s', (_, files, found) => {
    expect(complaintsAbout({ ...standing, ...Object.fromEntries(files) }).sort()).toEqual(found)
  })

  it('shapes of domain, taken past the index, tie nobody', () => {
    const files = {
      'packages/domain/src/events/shapes.ts': "import { x } from '../customers/shapes.ts'",
      'packages/domain/src/customers/api.ts': "import { x } from '../events/shapes.ts'",
    }
    expect(complaintsAbout(files)).toEqual([])
  })

  it('says every link, so that one sees where to cut', () => {
    const root = mkdtempSync(path.join(tmpdir(), 'vigie-boundaries-'))
    folders.push(root)
    for (const [from, to] of [
      ['events', 'customers'],
      ['customers', 'events'],
    ]) {
      mkdirSync(path.join(root, `packages/server/src/${from}`), { recursive: true })
      writeFileSync(path.join(root, `packages/server/src/${from}/index.ts`), `export { x } from '../${to}/index.ts'`)
    }
    expect(checkBoundaries(root).map(({ what }) => what)).toEqual([
      'slices form a ring: customers uses events (packages/server/src/customers/index.ts), events uses customers (packages/server/src/events/index.ts): docs/decisions/0044',
    ])
  })
})

describe('who touches the world outside (R4, R13, R21, R25, R29)', () => {
  const slice = 'packages/server/src/events/a.ts'
  it.each<[string, string, string, string | null]>([
    ['a slice calls out', slice, "await fetch('https://example.com')", 'power'],
    ["the console's one client calls its server", 'packages/web/src/kit/api.ts', "await fetch('/api')", null],
    ['a screen calls by itself', 'packages/web/src/events/a.ts', "await fetch('/api')", 'power'],
    ['a slice opens a socket', slice, "import net from 'node:net'", 'power'],
    ['a slice looks at an address', slice, "import { isIP } from 'node:net'", null],
    ['and opens a socket beside', slice, "import { connect, isIP } from 'node:net'", 'power'],
    ['without the prefix', slice, "import net from 'net'", 'power'],
    ['a type of it is no power', slice, "import type { Socket } from 'node:net'", null],
    ['a test stands in for the world', 'packages/server/src/events/a.test.ts', "import net from 'node:net'", null],
    ['a slice holds a database client', slice, "import pg from 'pg'", 'power'],
    ['the platform holds it', 'packages/server/src/platform/db/a.ts', "import pg from 'pg'", null],
    ['a slice runs a program', slice, "import { spawn } from 'node:child_process'", 'power'],
    ['a whole command line', 'packages/agent/src/core/a.ts', "import { exec } from 'node:child_process'", 'shell'],
    ['child_process whole', 'packages/agent/src/core/a.ts', "import * as programs from 'node:child_process'", 'shell'],
    ['an argument array', 'packages/agent/src/core/a.ts', "import { execFile } from 'node:child_process'", null],
    ['through a shell', 'packages/agent/src/core/a.ts', "run('ls', [], { shell: true })", 'shell'],
    ['certificates unchecked', slice, 'connect({ rejectUnauthorized: false })', 'tls'],
    ['certificates unchecked by a value', slice, 'connect({ rejectUnauthorized: isStrict })', 'tls'],
    ['certificates checked, and said so', slice, 'connect({ rejectUnauthorized: true })', null],
    ['eval', slice, "eval('1')", 'eval'],
    ['Function', slice, "new Function('return 1')", 'eval'],
    ['imports what a value names', slice, 'await import(name)', 'dynamic-import'],
    ['imports what a template names', slice, 'await import(`./${name}.ts`)', 'dynamic-import'],
  ])('%s', (_, file, text, rule) => {
    expect(complaintsAbout({ [file]: text })).toEqual(rule ? [`${rule} ${file}:1`] : [])
  })
})
