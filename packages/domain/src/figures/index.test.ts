import { readdirSync, readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { permissions } from '../access/index.ts'
import { figuresApi, figures } from './index.ts'

describe('figures (DSH-2)', () => {
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
    for (const wrong of ['', 'threats:8d', 'Threats', 'a,,b', Array.from({ length: 31 }, (_, n) => `f${n}`).join(',')])
      expect(read(wrong).success, wrong).toBe(false)
  })
})
