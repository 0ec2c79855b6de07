/** What `npm run new` can make: the rows of style.md's table. Each makes files that compile, and the line in the list that reads them. */

export interface Names {
  /** kebab-case, as typed: `mail-queue`. */
  id: string
  /** camelCase, for a value: `mailQueue`. */
  value: string
  /** In words: `mail queue`. */
  words: string
}

export interface Edit {
  file: string
  /** @throws Error when the list does not look as it did when this was written. */
  apply: (text: string) => string
}

export interface Thing {
  about: string
  files: (names: Names, context: { nextDecision: number; today: string }) => Record<string, string>
  edits: (names: Names) => Edit[]
  /** What no tool can know. */
  next: (names: Names) => string[]
}

/** Adds an element before the `]` that ends the list which starts at `opening`. */
function intoList(text: string, opening: RegExp, element: string): string {
  const found = opening.exec(text)
  if (!found) throw new Error(`no list like ${opening}`)
  const start = found.index + found[0].length
  const end = text.indexOf(']', start)
  const inside = text.slice(start, end)
  const isTall = inside.includes('\n')
  const kept = inside.trimEnd().replace(/,$/, '')
  const grown = isTall
    ? `${kept},\n${/\n( +)\S/.exec(inside)?.[1] ?? '  '}${element},\n${/\n( *)$/.exec(inside)?.[1] ?? ''}`
    : `${kept}${kept.trim() === '' ? '' : ', '}${element}`
  return text.slice(0, start) + grown + text.slice(end)
}

/** Adds an import where the alphabet wants it among the imports of neighbours (`./x`), else after the last import. */
function withImport(text: string, line: string): string {
  const imports = [...text.matchAll(/^import [^']*'([^']+)'\n/gm)].map((found) => ({
    source: found[1]!,
    start: found.index,
    end: found.index + found[0].length,
  }))
  const source = /'([^']+)'/.exec(line)![1]!
  const neighbours = imports.filter((one) => one.source.startsWith('./'))
  const at = neighbours.findLast((one) => one.source < source)?.end ?? neighbours[0]?.start ?? imports.at(-1)?.end ?? 0
  return `${text.slice(0, at)}${line}\n${text.slice(at)}`
}

/** Adds a name to the `export { ... }` that holds this one. */
const withExport = (text: string, beside: string, name: string): string =>
  text.replace(new RegExp(`^export \\{\\s*([^}]*\\b${beside}\\b[^}]*?),?\\s*\\}`, 'm'), `export { $1, ${name} }`)

const category: Thing = {
  about: 'an event category with its thresholds (EVT-1, EVT-3)',
  files: ({ id, value, words }) => ({
    [`packages/domain/src/categories/${id}.ts`]: `import { defineCategory, fact } from './define.ts'

/** What is counted, over which time, and where the numbers come from. */
export const ${value} = defineCategory({
  id: '${id}',
  group: 'threat',
  facts: { incidents: fact.detections(60) },
  indexes: { incidents: { default: 15, min: 1, max: 10_000 } },
  conditions: {
    'many-incidents': {
      severity: 'warning',
      concerns: 'incidents',
      opens: (is, at) => is.incidents >= at.incidents,
      figures: (is, at) => ({ incidents: is.incidents, threshold: at.incidents }),
      decidedBy: ['incidents'],
      resolvedBy: [],
    },
  },
})
`,
    [`packages/domain/src/categories/${id}.test.ts`]: `import { describe, expect, it } from 'vitest'
import { assess, indexesInForce, ${value}, type Category } from './index.ts'

const category = ${value} as unknown as Category
const at = Object.fromEntries(Object.entries(indexesInForce(category, {}, {})).map(([name, { value }]) => [name, value]))
const holding = (facts: Record<string, number>) => assess(category, { incidents: 0, ...facts }, at, new Set()).filter((v) => v.holds).map((v) => \`\${v.severity} \${v.condition}\`)

describe('${words} (EVT-3)', () => {
  it.each([
    ['14 incidents in the hour', { incidents: 14 }, []],
    ['the 15th incident', { incidents: 15 }, ['warning many-incidents']],
  ])('%s', (_, facts, conditions) => {
    expect(holding(facts)).toEqual(conditions)
  })
})
`,
  }),
  edits: ({ id, value }) => [
    {
      file: 'packages/domain/src/categories/index.ts',
      apply: (text) =>
        intoList(
          withExport(withImport(text, `import { ${value} } from './${id}.ts'`), 'antivirus', value),
          /categories: readonly Category\[\] = \[/,
          value,
        ),
    },
  ],
  next: ({ id }) => [
    `write its facts, thresholds and conditions; name it in the product types it is assessed for`,
    `texts: category.${id}, index.${id}.*, condition.${id}.* (docs/how-to/add-an-event-category.md)`,
  ],
}

const figure: Thing = {
  about: 'a number that widgets, reports and the API share (DSH-2)',
  files: ({ id, value }) => ({
    [`packages/domain/src/figures/${id}.ts`]: `import * as z from 'zod'
import { defineFigure } from './define.ts'
import { Counted, rowsOf } from './rows.ts'

/** What is counted, over which time, in which scope. */
export const ${value} = defineFigure({
  id: '${id}', ranges: [], unit: 'events', needs: ['event.read'], follows: ['event'],
  value: z.object({ count: Counted }),
  example: { count: { count: 1, rows: rowsOf.events({}) } },
})
`,
  }),
  edits: ({ id, value }) => [
    {
      file: 'packages/domain/src/figures/index.ts',
      apply: (text) =>
        intoList(
          withExport(withImport(text, `import { ${value} } from './${id}.ts'`), 'agentsByState', value),
          /export const figures = \[/,
          value,
        ),
    },
  ],
  next: ({ id }) => [`its query in the figures.ts of the slice that owns the rows`, `text: figure.${id} (docs/how-to/add-a-figure.md)`],
}

const productType: Thing = {
  about: 'an entry of the catalogue (PRD-1)',
  files: ({ id, value }) => ({
    [`packages/connectors/src/products/${id}/index.ts`]: `import { defineProductType } from '../define.ts'

/** What it protects, how it reaches us, and what its promise of freshness rests on. */
export const ${value} = defineProductType({
  id: '${id}',
  family: 'endpoint-hosted',
  connection: 'api',
  engine: null,
  isSiteServer: false,
  categories: ['antivirus'],
  commands: [],
  settings: [],
  filtersUrls: false,
  addOns: [],
  isConnectable: false,
  licenceUnit: 'endpoint',
  freshForSeconds: 900,
  defaultGroups: ['servers'],
})
`,
  }),
  edits: ({ id, value }) => [
    {
      file: 'packages/connectors/src/products/index.ts',
      apply: (text) =>
        intoList(withImport(text, `import { ${value} } from './${id}/index.ts'`), /productTypes: readonly ProductType\[\] = \[/, value),
    },
  ],
  next: ({ id }) => [
    `its properties: packages/domain/src/products/catalogue.ts says what each decides`,
    `texts: product-type.${id}.name and .about (docs/how-to/add-a-product-type.md)`,
  ],
}

const engine: Thing = {
  about: 'a security engine the agent drives (AGT-7)',
  files: ({ id, value }) => ({
    [`packages/agent/src/engines/${id}/index.ts`]: `import * as z from 'zod'
import { defineEngine } from '../../core/engine.ts'

/** Where its state, its detections and its commands come from: program, file or socket, with the version looked at. */
export const ${value} = defineEngine({
  id: '${id}',
  settings: z.object({}),
  unsupported: {},
  open: () => ({
    async start() {},
    async stop() {},
    async state() {
      return {
        engine: '${id}', engineVersion: null, patternVersion: null, patternBuiltAt: null, updateCheckedAt: null, realTimeScan: 'unknown' as const,
        scan: { isRunning: false, startedAt: null, finishedAt: null }, problem: null,
      }
    },
    commands: {},
  }),
})
`,
  }),
  edits: ({ id, value }) => [
    {
      file: 'packages/agent/src/engines/index.ts',
      apply: (text) => intoList(withImport(text, `import { ${value} } from './${id}/index.ts'`), /export const engines = \[/, value),
    },
  ],
  next: () => ['what it reports, follows and can be told to do; a recorded sample of each of its outputs beside it'],
}

const slice: Thing = {
  about: 'a folder of its own in domain and server: shapes, routes, store',
  files: ({ id, value, words }) => ({
    [`packages/domain/src/${id}/index.ts`]: `export * as ${value}Api from './api.ts'\n`,
    [`packages/domain/src/${id}/api.ts`]: `import type { AnyRoute } from '../kernel/index.ts'

/** Routes of ${words}, as data: \`export const list... = defineRoute({...})\`. The handlers are in server/src/${id}/routes.ts. */
export const ${value}Routes: readonly AnyRoute[] = []
`,
    [`packages/server/src/${id}/index.ts`]: `export { ${value}Routes } from './routes.ts'\n`,
    [`packages/server/src/${id}/routes.ts`]: `import type { Handler } from '../platform/index.ts'

/** One \`handle(route, fn)\` for each route of @vigie/domain/${id}; SQL stands in store.ts. */
export const ${value}Routes: Handler[] = []
`,
  }),
  edits: ({ id, value }) => [
    {
      file: 'packages/server/src/compose.ts',
      apply: (text) =>
        intoList(withImport(text, `import { ${value}Routes } from './${id}/index.ts'`), /handlers: Handler\[\] = \[/, `...${value}Routes`),
    },
  ],
  next: ({ id }) => [
    `permissions in packages/domain/src/access/permissions.ts, problems in kernel/problems.ts, a migration`,
    `then packages/server/src/${id}/store.ts with its tests, and \`npm run gen\``,
  ],
}

const decision: Thing = {
  about: 'a page in docs/decisions: situation, choice, price, when to look again',
  files: ({ id, words }, { nextDecision }) => ({
    [`docs/decisions/${String(nextDecision).padStart(4, '0')}-${id}.md`]: `# ${nextDecision}. ${words[0]!.toUpperCase()}${words.slice(1)}

**Situation.** What was the question, and what was measured?

**Choice.**

**Price.**

**Look again** when
`,
  }),
  edits: () => [],
  next: () => ['one page, no more'],
}

const change: Thing = {
  about: 'a line for CHANGELOG.md about what a user can see',
  files: ({ id, words }, { today }) => ({ [`changes/${today}-${id}.md`]: `${words[0]!.toUpperCase()}${words.slice(1)}.\n` }),
  edits: () => [],
  next: () => ["say it in the user's words, with the requirement's number"],
}

export const things: Readonly<Record<string, Thing>> = { category, figure, 'product-type': productType, engine, slice, decision, change }
