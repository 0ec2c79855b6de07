import { readdirSync, readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { permissions } from '../access/index.ts'
import { categoryById } from '../categories/index.ts'
import { categoryOfKind, figureKinds, figuresApi, figures } from './index.ts'

describe('figures (DSH-2)', () => {
  it('of each kind of threat the records are those of a category that gateways tell of, but for all', () => {
    for (const kind of figureKinds) {
      const category = categoryOfKind[kind]
      if (kind === 'all') expect(category).toBeUndefined()
      else expect(categoryById.get(category!)?.group, kind).toBe('threat')
    }
  })

  it('each defined one is in the list, once', () => {
    const defined = readdirSync(import.meta.dirname).flatMap((file) =>
      [...readFileSync(`${import.meta.dirname}/${file}`, 'utf8').matchAll(/defineFigure\(\{\s*id: '([a-z0-9-]+)'/g)].map(([, id]) => id!),
    )
    expect(figures.map(({ id }) => id).toSorted()).toEqual(defined.toSorted())
  })

  it.each(figures.map((figure) => [figure.id, figure] as const))('%s: its example has its shape, its permissions exist', (_, figure) => {
    expect(figure.value.safeParse(figure.example).error).toBeUndefined()
    expect(permissions).toEqual(expect.arrayContaining([...figure.needs]))
  })

  it('a batch takes ids with and without a range, each once, and refuses what is none', () => {
    const read = (ask: string) => figuresApi.getFigures.query!.safeParse({ ask })
    expect(read('system,threats:7d,threats:30d,system').data?.ask).toEqual(['system', 'threats:7d', 'threats:30d'])
    expect(read('top-cloud-edge-customers:1h:botnet,top-cloud-edge-appliances:virus').data?.ask).toHaveLength(2)
    for (const wrong of [
      '',
      'threats:8d',
      'threats:7d:spam',
      'threats:botnet:7d',
      'Threats',
      'a,,b',
      Array.from({ length: 31 }, (_, n) => `f${n}`).join(','),
    ])
      expect(read(wrong).success, wrong).toBe(false)
  })
})
