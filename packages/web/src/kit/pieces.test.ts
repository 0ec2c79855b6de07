import { describe, expect, it } from 'vitest'
import { inPieces } from './pieces.ts'

const items = Array.from({ length: 7 }, (_, n) => n)
const always = () => true

describe('many things, a piece at a time (CUS-2)', () => {
  it('sends each once, in order, and tells how far it is', async () => {
    const told: number[] = []
    const { replies, done, error } = await inPieces(
      items,
      3,
      async (piece) => piece.items,
      (n) => told.push(n),
      new AbortController().signal,
      always,
    )
    expect([replies, done, error, told]).toEqual([[[0, 1, 2], [3, 4, 5], [6]], 7, null, [3, 6, 7]])
  })
  it('a piece that was cut off is sent again under the same intent', async () => {
    const intents: string[] = []
    const { done } = await inPieces(
      items,
      4,
      async ({ intent }) => {
        intents.push(intent)
        if (intents.length === 1) throw new Error('cut off')
      },
      () => {},
      new AbortController().signal,
      always,
    )
    expect([done, intents.length, intents[0] === intents[1], intents[1] === intents[2]]).toEqual([7, 3, true, false])
  })
  it('what is refused for good stops all, and what was done is told', async () => {
    const { done, error } = await inPieces(
      items,
      3,
      async ({ items: [first] }) => {
        if (first === 3) throw new Error('no')
      },
      () => {},
      new AbortController().signal,
      () => false,
    )
    expect([done, (error as Error).message]).toEqual([3, 'no'])
  })
  it('stops between two pieces when it is told to', async () => {
    const stop = new AbortController()
    const { done, error } = await inPieces(
      items,
      3,
      async () => stop.abort(),
      () => {},
      stop.signal,
      always,
    )
    expect([done, error]).toEqual([3, null])
  })
})
