import { fileURLToPath, pathToFileURL } from 'node:url'
import { readFileSync } from 'node:fs'
import type { ESTree, Plugin } from 'vite'

type Statement = ESTree.Program['body'][number]
const domain = fileURLToPath(new URL('../domain/src/', import.meta.url)).replaceAll('\\', '/')
/** Of a module: as it is written, with its shapes. */
const whole = '?whole'

/**
 * P14: the domain says routes and figures with their shapes, which the server checks by; a console needs of a route where it is and which questions it takes, and checks only what is typed into a form.
 * So of each module that makes shapes or takes them the browser gets what is plain data as data, and takes the rest from the module as it is written (`?whole`), which then comes with the screens that speak of it, and
 * zod with them. Nothing in the console may ask a route for `body`, `params`, `reply` or a figure for its `value`: they are not there (`first-load.test.ts` looks).
 */
export const plainDomain: Plugin = {
  name: 'plain-domain',
  apply: 'build',
  load: (id) =>
    id.startsWith(domain) && id.endsWith(whole)
      ? { code: readFileSync(id.slice(0, -whole.length), 'utf8'), moduleType: 'ts', moduleSideEffects: false }
      : null,
  async transform(code, id) {
    if (id.startsWith(domain) && id.endsWith(whole)) return { code: unlessUsed(code, this.parse(code).body), map: null }
    if (!id.startsWith(domain) || !id.endsWith('.ts') || !/from ["']zod["']|define(Route|Figure)\(/.test(code)) return null
    const { body } = this.parse(code)
    const values = (await import(pathToFileURL(id).href)) as Record<string, unknown>
    const lines: string[] = []
    for (const statement of body) {
      if (statement.type === 'ExportAllDeclaration' || (statement.type === 'ExportNamedDeclaration' && statement.source))
        lines.push(code.slice(statement.start, statement.end))
      else if (statement.type === 'ExportNamedDeclaration')
        for (const name of namesOf(statement)) {
          const plain = plainOf(values[name])
          lines.push(
            plain === undefined
              ? `export { ${name} } from ${JSON.stringify(id + whole)}`
              : `export const ${name} = ${JSON.stringify(plain)}`,
          )
        }
    }
    return { code: lines.join('\n'), map: null }
  },
}

/** Shapes are made by calls, of which the bundler can't know that they do nothing else: marked so, those that nobody in the console checks by are left out. */
function unlessUsed(code: string, body: readonly Statement[]): string {
  const made = body.flatMap((statement) => {
    const declaration = statement.type === 'ExportNamedDeclaration' ? statement.declaration : statement
    return declaration?.type === 'VariableDeclaration'
      ? declaration.declarations.flatMap(({ init }) => (init?.type === 'CallExpression' ? [init] : []))
      : []
  })
  return made
    .toReversed()
    .reduce((text, { start, end }) => `${text.slice(0, start)}/* @__PURE__ */ (() => ${text.slice(start, end)})()${text.slice(end)}`, code)
}

type Exported = Extract<Statement, { type: 'ExportNamedDeclaration' }>
function namesOf({ declaration, specifiers }: Exported): string[] {
  if (declaration?.type === 'VariableDeclaration') return declaration.declarations.map(({ id }) => (id as { name: string }).name)
  if (declaration) return [(declaration as { id: { name: string } }).id.name]
  return specifiers.map(({ exported }) => (exported as { name: string }).name)
}

/** What a console needs of it, where that is data; else undefined. */
function plainOf(value: unknown): unknown {
  if (isRoute(value))
    return {
      id: value.id,
      method: value.method,
      path: value.path,
      ...(value.query?.shape ? { query: { shape: Object.fromEntries(Object.keys(value.query.shape).map((key) => [key, 0])) } } : {}),
    }
  if (isFigure(value)) return { ...value, value: undefined, example: undefined }
  return isPlain(value) ? value : undefined
}
interface RouteLike {
  id: string
  method: string
  path: string
  query?: { shape?: object }
}
const isRoute = (value: unknown): value is RouteLike =>
  typeof value === 'object' && value !== null && 'method' in value && 'path' in value && 'reply' in value
const isFigure = (value: unknown): value is object =>
  typeof value === 'object' && value !== null && 'value' in value && 'unit' in value && 'follows' in value
function isPlain(value: unknown): boolean {
  if (value === null || typeof value === 'string' || typeof value === 'boolean') return true
  if (typeof value === 'number') return Number.isFinite(value)
  if (Array.isArray(value)) return value.every(isPlain)
  return typeof value === 'object' && Object.getPrototypeOf(value) === Object.prototype && Object.values(value).every(isPlain)
}
