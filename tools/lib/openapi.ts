import { globSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { pathToFileURL } from 'node:url'
import * as z from 'zod'
import { commonProblems, problems, type AnyRoute, type ProblemCode } from '../../packages/domain/src/kernel/index.ts'

interface DocumentedRoute {
  route: AnyRoute
  slice: string
  /** The comment above the route in its source: what its shape cannot tell. */
  comment: string | null
}

/** Every route of `domain`, in the order of path and method. */
export async function findRoutes(root: string): Promise<DocumentedRoute[]> {
  const found: DocumentedRoute[] = []
  for (const file of globSync('packages/domain/src/*/api.ts', { cwd: root })) {
    const source = readFileSync(path.join(root, file), 'utf8')
    const exported = (await import(pathToFileURL(path.join(root, file)).href)) as Record<string, unknown>
    for (const [name, value] of Object.entries(exported))
      if (isRoute(value)) found.push({ route: value, slice: file.split('/')[3]!, comment: commentAbove(source, name) })
  }
  return found.sort((a, b) => (`${a.route.path} ${a.route.method}` < `${b.route.path} ${b.route.method}` ? -1 : 1))
}

/** OpenAPI 3.1 (architecture.md §6): the same data that the server answers by and the console calls by. */
export function openApi(routes: readonly DocumentedRoute[], version: string): object {
  const paths: Record<string, Record<string, object>> = {}
  for (const documented of routes) {
    const address = documented.route.path.replaceAll(/:(\w+)/g, '{$1}')
    paths[address] = { ...paths[address], [documented.route.method.toLowerCase()]: operation(documented) }
  }
  return {
    openapi: '3.1.0',
    info: { title: 'Vigie', version, license: { name: 'Apache-2.0', identifier: 'Apache-2.0' } },
    servers: [{ url: '/api' }],
    paths,
    components: {
      securitySchemes: {
        session: { type: 'apiKey', in: 'cookie', name: '__Host-vigie-session', description: 'People: given by POST /v1/session.' },
        key: { type: 'http', scheme: 'bearer', description: 'Programs.' },
      },
      responses: {
        Problem: { description: 'Refused.', content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } } },
      },
      schemas: {
        Problem: {
          type: 'object',
          description: 'RFC 9457. `retry`: may the same call succeed later though nobody changes anything?',
          required: ['type', 'title', 'status', 'code', 'remedy', 'retry', 'fields', 'data'],
          properties: {
            type: { type: 'string' },
            title: { type: 'string' },
            status: { type: 'integer' },
            code: { enum: Object.keys(problems).sort() },
            remedy: { type: 'string', description: 'The way out, in the language asked for.' },
            retry: { type: 'boolean' },
            data: { type: 'object' },
            fields: {
              type: 'array',
              items: {
                type: 'object',
                required: ['path', 'code', 'message'],
                properties: { path: { type: 'string' }, code: { type: 'string' }, message: { type: 'string' }, values: { type: 'object' } },
              },
            },
          },
        },
      },
    },
  }
}

const xlsxType = 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet'

function operation({ route, slice, comment }: DocumentedRoute): object {
  const parameters = [
    ...fields(route.params).map(({ name, schema }) => ({ name, in: 'path', required: true, schema })),
    ...fields(route.query).map(({ name, schema, isRequired }) => ({ name, in: 'query', required: isRequired, schema })),
    ...(route.produces === 'text/csv'
      ? [{ name: 'format', in: 'query', required: false, schema: { type: 'string', enum: ['csv', 'xlsx'], default: 'csv' } }]
      : []),
    ...headers(route),
  ]
  const reply = jsonSchema(route.reply, 'output')
  const isNothing = 'type' in reply && reply['type'] === 'null'
  return {
    operationId: route.id,
    tags: [slice],
    ...(comment ? { description: comment } : {}),
    ...(route.permission === 'public' ? { security: [] } : { security: [{ session: [] }, { key: [] }] }),
    'x-permission': route.permission,
    ...(parameters.length > 0 ? { parameters } : {}),
    ...(route.body
      ? { requestBody: { required: true, content: { 'application/json': { schema: jsonSchema(route.body, 'input') } } } }
      : {}),
    responses: {
      [isNothing ? '204' : '200']: {
        description: isNothing ? 'Done.' : 'The reply.',
        ...(isNothing
          ? {}
          : {
              content: {
                [route.produces ?? 'application/json']: { schema: reply },
                ...(route.produces === 'text/csv' ? { [xlsxType]: { schema: { type: 'string', format: 'binary' } } } : {}),
              },
            }),
      },
      ...refusals([...route.problems, ...commonProblems]),
    },
  }
}

function headers(route: AnyRoute): object[] {
  const needsVersion = route.problems.includes('request.precondition-missing')
  return [
    ...(needsVersion
      ? [
          {
            name: 'If-Match',
            in: 'header',
            required: true,
            schema: { type: 'string' },
            description: 'The `version` the change was made to.',
          },
        ]
      : []),
    ...(route.method === 'POST'
      ? [
          {
            name: 'Idempotency-Key',
            in: 'header',
            required: false,
            schema: { type: 'string' },
            description: 'The same key twice does the work once.',
          },
        ]
      : []),
  ]
}

function refusals(codes: readonly ProblemCode[]): Record<string, object> {
  const byStatus = Map.groupBy([...new Set(codes)].sort(), (code) => problems[code].status)
  return Object.fromEntries(
    [...byStatus]
      .sort(([a], [b]) => a - b)
      .map(([status, list]) => [String(status), { $ref: '#/components/responses/Problem', description: list.join(', ') }]),
  )
}

function fields(shape: z.ZodType | undefined): { name: string; schema: unknown; isRequired: boolean }[] {
  if (!shape) return []
  const { properties = {}, required = [] } = jsonSchema(shape, 'input') as { properties?: Record<string, unknown>; required?: string[] }
  return Object.entries(properties).map(([name, schema]) => ({ name, schema, isRequired: required.includes(name) }))
}

function jsonSchema(shape: z.ZodType, io: 'input' | 'output'): Record<string, unknown> {
  const { $schema: _, ...schema } = z.toJSONSchema(shape, {
    io,
    unrepresentable: 'any',
    override: ({ jsonSchema: made }) => {
      if (made.format !== undefined) delete made.pattern // the format says it, in fewer words
    },
  }) as Record<string, unknown>
  return schema
}

function isRoute(value: unknown): value is AnyRoute {
  return typeof value === 'object' && value !== null && 'method' in value && 'path' in value && 'reply' in value && 'permission' in value
}

function commentAbove(source: string, name: string): string | null {
  const at = source.search(new RegExp(`^export const ${name}\\b`, 'm'))
  const found = /\/\*\*((?:(?!\*\/)[\s\S])*)\*\/\s*$/.exec(source.slice(0, at))
  return (
    found?.[1]
      ?.replaceAll(/^\s*\*? ?/gm, '')
      .replaceAll('\n', ' ')
      .trim() || null
  )
}
