import { builtinModules } from 'node:module'
import { existsSync, globSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { parseSync } from 'vite'
import { ringsOf, type Uses } from './rings.ts'

/**
 * Who may import whom, and who may touch the world outside (style.md §1; threat model R4, R13, R21, R25, R29). Our own reader of import lines, because
 * dependency-cruiser parses with TypeScript's old API, which TypeScript 7 no longer has: docs/decisions/0003.
 */

type Part = 'domain' | 'server' | 'web' | 'agent' | 'connectors' | 'reports' | 'lab' | 'bench'

/** Rules 1, 2, 3, 5: the parts each part may import. */
const mayImport: Record<Part, readonly Part[]> = {
  domain: [],
  agent: ['domain'],
  connectors: ['domain'],
  reports: ['domain'],
  web: ['domain'],
  server: ['domain', 'connectors', 'reports'],
  lab: ['domain', 'agent', 'connectors', 'reports', 'web'],
  bench: ['domain', 'agent', 'connectors', 'reports', 'web', 'lab'],
}

/** Rule 4: folders below a part's `src` that every slice may use, in any of their files, and that know no slice themselves. Each may use those before it. */
const foundations: Partial<Record<Part, readonly string[]>> = {
  domain: ['kernel'],
  server: ['platform'],
  web: ['text', 'ui', 'kit'],
  agent: ['core'],
}
/** Files of a slice that only say shapes: other slices of `domain` may take them past the index, which would lead round in a circle. */
const isShapes = /^packages\/domain\/src\/[^/]+\/(shapes|types|permissions)\.ts$/
/** Directly in `src` and no composition: facts every folder may know. */
const isFact = /^packages\/[^/]+\/src\/version\.ts$/
/** Put slices together: may use all slices, and no slice uses them. */
const compositions: Partial<Record<Part, readonly string[]>> = { web: ['shell'], agent: ['cli'] }

/**
 * Modules that reach outside the process, and the places (prefixes of a path) that may import them. A longer list is a wider door: say why.
 * Tests, testing folders, browser tests, tools, lab and bench are free: they stand in for the world outside.
 */
export const powers: Record<string, readonly string[]> = {
  // R13: programs are run by the database's launcher and by the agent's one runner
  'node:child_process': [
    'packages/server/src/platform/postgres/',
    'packages/agent/src/core/',
    'packages/agent/src/cli/',
    'packages/server/src/cli/',
  ],
  // R25: one module calls out; listeners and the agent's channel beside it
  'node:http': [
    'packages/server/src/platform/http/',
    'packages/server/src/platform/outward/',
    'packages/agent/src/core/',
    'packages/server/src/agents/',
  ],
  'node:https': ['packages/server/src/platform/outward/', 'packages/server/src/agents/', 'packages/agent/src/core/'],
  'node:net': ['packages/server/src/platform/', 'packages/agent/src/core/', 'packages/agent/src/engines/'],
  'node:tls': ['packages/server/src/platform/outward/', 'packages/server/src/agents/', 'packages/agent/src/core/'],
  'node:dgram': [],
  'node:http2': [],
  'node:vm': [],
  'node:inspector': [],
  undici: [],
  ws: ['packages/server/src/agents/', 'packages/agent/src/core/'],
  nodemailer: ['packages/server/src/outbox/', 'packages/server/src/platform/mail/'],
  // R4: who holds a database client
  pg: ['packages/server/src/platform/', 'packages/server/src/cli/', 'packages/server/src/main.ts'],
  'pg-boss': ['packages/server/src/platform/', 'packages/server/src/jobs/'],
}
/**
 * R29 has one exception: the request that fetches the CA which verifying needs. It sends nothing secret, and its answer is believed only if its SHA-256 is the one
 * that travelled in the install command.
 */
const mayNotVerify = 'packages/agent/src/core/https.ts'
/** The one place of each part that calls `fetch`. */
const mayFetch = ['packages/web/src/kit/', 'packages/server/src/platform/outward/', 'packages/agent/src/core/', 'packages/agent/src/cli/']

/** The two calls of child_process that take a whole command line. */
const shells = new Set(['exec', 'execSync'])

export interface Violation {
  rule: string
  file: string
  line: number
  what: string
}

interface Import {
  specifier: string
  start: number
  /** Takes nothing that reaches outside: types, or what only looks at an address. */
  isHarmless: boolean
}

/** Of `node:net`: they judge addresses and open nothing. */
const harmless = new Set(['isIP', 'isIPv4', 'isIPv6', 'BlockList', 'SocketAddress'])

/** @param root of the repository. Every `.ts` and `.tsx` of every part. */
export function checkBoundaries(root: string): Violation[] {
  const packages = new Map<string, Set<string>>()
  const uses = new Map<string, Uses>()
  const files = globSync('packages/*/{src,e2e}/**/*.{ts,tsx}', { cwd: root, exclude: (name) => name === 'node_modules' }).sort()
  const found = files.flatMap((file) => {
    const [, partName = ''] = file.split('/')
    if (!packages.has(partName)) packages.set(partName, declaredPackages(root, partName))
    if (!uses.has(partName)) uses.set(partName, new Map())
    return checkFile({ root, file, part: partName as Part, declared: packages.get(partName)!, uses: uses.get(partName)! })
  })
  return [...found, ...[...uses.values()].flatMap(rings)]
}

/** Rule 4: slices form no ring, or none of them can be understood, tried or moved without all. Named by its links, so that one sees where to cut. */
const rings = (uses: Uses): Violation[] =>
  ringsOf(uses).map((ring) => ({
    rule: 'ring',
    ...ring[0]!.place,
    what: `slices form a ring: ${ring.map(({ from, to, place }) => `${from} uses ${to} (${place.file})`).join(', ')}: docs/decisions/0044`,
  }))

interface Subject {
  root: string
  file: string
  part: Part
  declared: ReadonlySet<string>
  /** Of the part's slices, filled as its files are read. */
  uses: Uses
}

function checkFile(subject: Subject): Violation[] {
  const { root, file } = subject
  const text = readFileSync(path.join(root, file), 'utf8')
  const { program, module, errors } = parseSync(file, text)
  const found: Violation[] = []
  const report = (rule: string, start: number, what: string) =>
    found.push({ rule, file, line: text.slice(0, start).split('\n').length, what })
  if (errors.length > 0) report('parse', 0, errors[0]?.message ?? 'cannot be parsed')

  const isFree = isFreeFile(file)
  const imports: Import[] = [
    ...module.staticImports.map(({ moduleRequest, entries, start }) => ({
      specifier: moduleRequest.value,
      start,
      isHarmless: entries.length > 0 && entries.every((entry) => entry.isType || harmless.has(entry.importName.name ?? '')),
    })),
    ...module.staticExports.flatMap(({ entries, start }) =>
      entries.flatMap((entry) => (entry.moduleRequest ? [{ specifier: entry.moduleRequest.value, start, isHarmless: entry.isType }] : [])),
    ),
  ]
  for (const { start, moduleRequest } of module.dynamicImports) {
    const literal = /^(['"`])([^'"`$]+)\1$/.exec(text.slice(moduleRequest.start, moduleRequest.end))
    if (literal?.[2]) imports.push({ specifier: literal[2], start, isHarmless: false })
    else if (!isFree) report('dynamic-import', start, 'imports what a value names (R21)')
  }
  for (const { moduleRequest, entries, start } of isFree ? [] : module.staticImports) {
    if (!/^(node:)?child_process$/.test(moduleRequest.value)) continue
    for (const { importName } of entries) {
      if (importName.kind !== 'Name') report('shell', start, 'takes child_process whole: name what is used, so that it can be judged')
      else if (shells.has(importName.name ?? '')) report('shell', start, `runs a program through a shell with ${importName.name} (R13)`)
    }
  }
  const seen = new Set<string>()
  for (const one of imports) {
    if (seen.has(`${one.start} ${one.specifier}`)) continue
    seen.add(`${one.start} ${one.specifier}`)
    const broken = judgeImport(subject, one, isFree)
    if (broken) report(broken.rule, one.start, broken.what)
    else if (!isFree) noteUse(subject, one.specifier, text.slice(0, one.start).split('\n').length)
  }
  if (!isFree) walk(program, (node) => judgeNode(file, node, (rule, what) => report(rule, Number(node['start']), what)))
  return found
}

/** What composes anything to try it. */
function isTrial(file: string): boolean {
  return /\.test\.tsx?$|\/testing\/|^packages\/[^/]+\/e2e\//.test(file)
}

/** What stands in for the world outside. */
function isFreeFile(file: string): boolean {
  return isTrial(file) || /\/simulator\.ts$|^packages\/(lab|bench)\//.test(file)
}

function judgeImport(
  { root, file, part, declared }: Subject,
  { specifier, isHarmless }: Import,
  isFree: boolean,
): { rule: string; what: string } | null {
  const isBuiltin = specifier.startsWith('node:') || builtinModules.includes(specifier)
  if (isBuiltin || !/^(\.|@vigie\/)/.test(specifier)) {
    const name = isBuiltin
      ? `node:${specifier.replace(/^node:/, '')}`
      : specifier
          .split('/')
          .slice(0, specifier.startsWith('@') ? 2 : 1)
          .join('/')
    if (isBuiltin && part === 'domain' && !isFree)
      return { rule: 'domain-is-pure', what: `imports ${specifier}: no I/O, no clock, no Node API in domain` }
    if (isBuiltin && part === 'web' && !isFree) return { rule: 'console-is-a-browser', what: `imports ${specifier}` }
    const allowed = powers[name]
    if (allowed && !isHarmless && !isFree && !allowed.some((place) => file.startsWith(place)))
      return { rule: 'power', what: `imports ${name}, which only ${allowed.join(', ') || 'nobody'} may` }
    if (!isBuiltin && !declared.has(name) && !(isFree && declared.has(`root:${name}`)))
      return { rule: 'declared', what: `imports ${name}, which packages/${part}/package.json does not name` }
    return null
  }
  const target = specifier.startsWith('.') ? path.posix.join(path.posix.dirname(file), specifier) : null
  const targetPart = (target?.split('/')[1] ?? specifier.split('/')[1]) as Part
  if (target !== null && target.split('/')[0] === 'packages' && targetPart !== part && !isTrial(file))
    return { rule: 'parts', what: `reaches into packages/${targetPart} by path: import @vigie/${targetPart}/<slice>` }
  if (targetPart !== part) {
    if (isTrial(file) || mayImport[part].includes(targetPart)) return null
    return { rule: 'parts', what: `packages/${part} may not import packages/${targetPart}` }
  }
  return target === null || isFree ? null : judgeSlice(root, part, file, target)
}

const sliceOf = (name: string) => (name.split('/').length > 4 ? name.split('/')[3]! : null)

/** What ties a slice to another. Shapes of `domain` taken past the index and what puts slices together tie none. */
function noteUse({ file, part, uses }: Subject, specifier: string, line: number): void {
  if (!specifier.startsWith('.') || file.split('/')[2] !== 'src') return
  const target = path.posix.join(path.posix.dirname(file), specifier)
  const [from, to] = [sliceOf(file), sliceOf(target)]
  if (from === null || to === null || from === to || isShapes.test(target) || compositions[part]?.includes(from)) return
  if (!uses.has(from)) uses.set(from, new Map())
  if (!uses.get(from)!.has(to)) uses.get(from)!.set(to, { file, line })
}

/** Rule 4. Files directly in `src` are composition roots and may use all. */
function judgeSlice(root: string, part: Part, file: string, target: string): { rule: string; what: string } | null {
  const [from, to] = [sliceOf(file), sliceOf(target)]
  const base = foundations[part] ?? []
  const composing = compositions[part] ?? []
  if (from === to || from === null) return null
  if (isFact.test(target)) return null
  if (to === null) return { rule: 'slices', what: `uses ${target}, which puts the slices together` }
  if (base.includes(from))
    return base.indexOf(to) >= 0 && base.indexOf(to) < base.indexOf(from)
      ? null
      : { rule: 'foundation', what: `${from} knows no slice, and uses ${to}` }
  if (base.includes(to)) return null
  if (composing.includes(from)) return null
  if (composing.includes(to)) return { rule: 'slices', what: `uses ${to}, which puts the slices together` }
  if (isShapes.test(target)) return null
  const isIndex = /^packages\/[^/]+\/src\/[^/]+\/index\.tsx?$/.test(target)
  if (!isIndex) return { rule: 'slices', what: `uses ${target}, not ${to}'s index.ts` }
  return existsSync(path.join(root, target)) ? null : { rule: 'slices', what: `uses ${target}, which does not exist` }
}

type Node = Record<string, unknown>

function judgeNode(file: string, node: Node, report: (rule: string, what: string) => void): void {
  const isOff = node['type'] === 'Property' && keyOf(node) === 'rejectUnauthorized' && (node['value'] as Node)['value'] !== true
  if (isOff && file !== mayNotVerify) report('tls', 'switches the check of certificates off: TLS is always verified (R29)')
  if (node['type'] === 'Property' && keyOf(node) === 'shell' && (node['value'] as Node)['value'] !== false)
    report('shell', 'runs a program through a shell (R13)')
  if (node['type'] !== 'CallExpression' && node['type'] !== 'NewExpression') return
  const callee = node['callee'] as Node
  const name = callee['type'] === 'Identifier' ? String(callee['name']) : null
  if (name === 'eval' || name === 'Function') report('eval', `makes code from text with ${name} (R21)`)
  if ((name === 'fetch' || name === 'WebSocket' || name === 'EventSource') && !mayFetch.some((place) => file.startsWith(place)))
    report('power', `calls ${name}, which only ${mayFetch.join(', ')} may (R25)`)
}

function keyOf(property: Node): unknown {
  const key = property['key'] as Node
  return key['type'] === 'Identifier' ? key['name'] : key['value']
}

function walk(value: unknown, visit: (node: Node) => void): void {
  if (Array.isArray(value)) for (const one of value) walk(one, visit)
  else if (typeof value === 'object' && value !== null) {
    const node = value as Node
    if (typeof node['type'] === 'string') visit(node)
    for (const child of Object.values(node)) if (typeof child === 'object') walk(child, visit)
  }
}

/** Names of the npm packages a part says it needs; those of the whole repository's tools with `root:` before them. */
function declaredPackages(root: string, part: string): Set<string> {
  type Manifest = { dependencies?: Record<string, string>; devDependencies?: Record<string, string> }
  const read = (file: string): Manifest =>
    existsSync(path.join(root, file)) ? (JSON.parse(readFileSync(path.join(root, file), 'utf8')) as Manifest) : {}
  const own = read(`packages/${part}/package.json`)
  const tools = read('package.json')
  return new Set([
    ...Object.keys({ ...own.dependencies, ...own.devDependencies }),
    ...Object.keys({ ...own.dependencies, ...own.devDependencies, ...tools.devDependencies }).map((name) => `root:${name}`),
  ])
}
