import type { FigureAnswer } from '@vigie/domain/figures'
import { describe, expect, it } from 'vitest'
import { createBatch } from './batch.ts'

const answer = (id: string, range: FigureAnswer['range'] = null): FigureAnswer => ({
  id,
  range,
  kind: null,
  from: null,
  until: null,
  timeZone: 'UTC',
  asOf: '2026-11-21T00:00:00.000Z',
  stale: null,
  value: {},
})

function aBatch(reply: (asks: string[]) => Promise<{ figures: FigureAnswer[]; missing: string[] }>, most = 30) {
  const asked: string[][] = []
  let flush = () => {}
  const noted = (asks: Parameters<typeof reply>[0]) => {
    asked.push(asks)
    return reply(asks)
  }
  const ask = createBatch(noted, most, (run) => (flush = run))
  return { asked, ask, flush: () => flush() }
}
const all = (asks: string[]) =>
  Promise.resolve({
    figures: asks.map((ask) => answer(ask.split(':')[0]!, (ask.split(':')[1] ?? null) as FigureAnswer['range'])),
    missing: [],
  })

describe('figures asked for in one turn (DSH-3)', () => {
  it('go in one request, the same one once, and each gets its own', async () => {
    const { asked, ask, flush } = aBatch(all)
    const answers = Promise.all([ask('system'), ask('threats:7d'), ask('threats:30d'), ask('system')])
    flush()
    expect((await answers).map(({ id, range }) => [id, range])).toEqual([
      ['system', null],
      ['threats', '7d'],
      ['threats', '30d'],
      ['system', null],
    ])
    expect(asked).toEqual([['system', 'threats:7d', 'threats:30d']])
  })

  it('the same of two kinds of threat are two questions, each with its answer (DSH-2)', async () => {
    const { asked, ask, flush } = aBatch((asks) =>
      Promise.resolve({
        figures: asks.map((one) => {
          const [id, range, kind] = one.split(':') as [string, '1h', 'virus' | 'ips']
          return { ...answer(id, range), kind }
        }),
        missing: [],
      }),
    )
    const answers = Promise.all([ask('top:1h:virus'), ask('top:1h:ips'), ask('top:1h:virus')])
    flush()
    expect((await answers).map(({ kind }) => kind)).toEqual(['virus', 'ips', 'virus'])
    expect(asked).toEqual([['top:1h:virus', 'top:1h:ips']])
  })

  it('more than a request holds go in several; the next turn asks anew', async () => {
    const { asked, ask, flush } = aBatch(all, 2)
    const first = Promise.all(['a', 'b', 'c'].map(ask))
    flush()
    await first
    const second = ask('a')
    flush()
    await second
    expect(asked).toEqual([['a', 'b'], ['c'], ['a']])
  })

  it('what there is not fails alone; a request that fails fails for all in it', async () => {
    const some = aBatch(() => Promise.resolve({ figures: [answer('a')], missing: ['b'] }))
    const outcomes = Promise.allSettled([some.ask('a'), some.ask('b')])
    some.flush()
    expect((await outcomes).map((one) => (one.status === 'rejected' ? (one.reason as { code: string }).code : one.value.id))).toEqual([
      'a',
      'figure.not-found',
    ])
    const none = aBatch(() => Promise.reject(new Error('away')))
    const failed = Promise.allSettled([none.ask('a'), none.ask('b')])
    none.flush()
    expect((await failed).map(({ status }) => status)).toEqual(['rejected', 'rejected'])
  })
})
