import { globSync } from 'node:fs'
import path from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import type { AnyRoute } from './index.ts'

/** As zod says it: what a shape is made of, and what it checks. */
interface Shape {
  def: {
    type: string
    shape?: Record<string, Shape>
    element?: Shape
    innerType?: Shape
    in?: Shape
    out?: Shape
    options?: Shape[]
    left?: Shape
    right?: Shape
    keyType?: Shape
    valueType?: Shape
    format?: string
    checks?: { _zod: { def: { check: string; format?: string } } }[]
  }
}

let routes: AnyRoute[]
beforeAll(async () => {
  const files = globSync('../*/*api.ts', { cwd: import.meta.dirname })
  const modules = (await Promise.all(files.map((file) => import(path.join(import.meta.dirname, file))))) as object[]
  const said = modules.flatMap((module) => Object.values(module) as Partial<AnyRoute>[])
  routes = said.filter(
    (one): one is AnyRoute => typeof one === 'object' && one !== null && 'method' in one && 'path' in one && 'reply' in one,
  )
})

const hasMost = ({ def }: Shape) =>
  def.format !== undefined ||
  (def.checks ?? []).some(({ _zod }) => ['max_length', 'length_equals'].includes(_zod.def.check) || _zod.def.format !== undefined)

/** Places of a shape that take as much as one likes, and such of which nothing can be said. */
function unlimited(shape: Shape, place: string): string[] {
  const { def } = shape
  const inner = [def.innerType, def.in, ...(def.options ?? []), def.left, def.right].filter((one) => one !== undefined)
  // a closed list of words, taken as a text and made something else
  const isClosed = def.type === 'pipe' && def.in!.def.type === 'string' && def.out!.def.type !== 'string'
  if (isClosed) return []
  if (inner.length > 0) return inner.flatMap((one) => unlimited(one, place))
  switch (def.type) {
    case 'object':
      return Object.entries(def.shape!).flatMap(([key, one]) => unlimited(one, `${place}.${key}`))
    case 'array':
      return [...(hasMost(shape) ? [] : [`${place}: a list`]), ...unlimited(def.element!, `${place}[]`)]
    case 'record':
      // as many as fit into a body: by their keys, which are looked up in a list that is known
      return [...unlimited(def.keyType!, `${place} (key)`), ...unlimited(def.valueType!, `${place} (value)`)]
    case 'string':
      return hasMost(shape) ? [] : [`${place}: a text`]
    case 'unknown':
    case 'any':
    case 'custom':
      return [`${place}: ${def.type}`]
    default:
      return []
  }
}

describe('what a request may hold (R18)', () => {
  it('every text and every list of every body and query has a most', () => {
    expect(routes.length).toBeGreaterThan(100)
    const found = routes.flatMap((route) =>
      [route.body, route.query, route.params].flatMap((shape) =>
        shape === undefined ? [] : unlimited(shape as unknown as Shape, route.id),
      ),
    )
    expect(found).toEqual([])
  })

  it('and sees where one has none', async () => {
    const z = await import('zod')
    const shape = z.strictObject({
      name: z.string(),
      short: z.string().max(5),
      id: z.uuid(),
      tags: z.array(z.string().max(5)).optional(),
      values: z.record(z.string().max(5), z.union([z.boolean(), z.array(z.string()).max(3)])),
      rest: z.unknown(),
    })
    expect(unlimited(shape as unknown as Shape, 'x')).toEqual([
      'x.name: a text',
      'x.tags: a list',
      'x.values (value)[]: a text',
      'x.rest: unknown',
    ])
  })
})
