import type { FigureAnswer } from '@vigie/domain/figures'
import { Problem } from '@vigie/domain/kernel'

interface Waiting {
  resolve(answer: FigureAnswer): void
  reject(reason: unknown): void
}
type Ask = (asks: string[]) => Promise<{ figures: FigureAnswer[]; missing: string[] }>

/**
 * What the widgets of a tab ask for in one turn goes in one request: a dashboard costs the server one transaction, not twenty. The same asked twice is asked once.
 * @param ask `threats:7d`, `system`; at most `most` at a time
 */
export function createBatch(ask: Ask, most: number, later: (run: () => void) => void = (run) => void setTimeout(run, 0)) {
  let waiting = new Map<string, Waiting[]>()
  function flush() {
    const all = [...waiting]
    waiting = new Map()
    for (let at = 0; at < all.length; at += most) void send(new Map(all.slice(at, at + most)))
  }
  async function send(some: Map<string, Waiting[]>) {
    try {
      const { figures } = await ask([...some.keys()])
      const answers = new Map(
        figures.flatMap(
          (figure) =>
            [
              [figure.id, figure],
              [`${figure.id}:${figure.range}`, figure],
              [`${figure.id}:${figure.range}:${figure.kind}`, figure],
            ] as const,
        ),
      )
      for (const [one, askers] of some) {
        const answer = answers.get(one)
        for (const { resolve, reject } of askers)
          if (answer) resolve(answer)
          else reject(new Problem('figure.not-found'))
      }
    } catch (error) {
      for (const askers of some.values()) for (const { reject } of askers) reject(error)
    }
  }
  return (one: string): Promise<FigureAnswer> =>
    new Promise((resolve, reject) => {
      if (waiting.size === 0) later(flush)
      waiting.set(one, [...(waiting.get(one) ?? []), { resolve, reject }])
    })
}
