import { expect, it } from 'vitest'
import { together } from './together.ts'

it('a second press before the answer is the first; another row’s is its own; after the answer it is new again', async () => {
  const [underWay, sent] = [new Map<string, Promise<number>>(), [] as { row: string; answer: (id: number) => void }[]]
  const press = (row: string) => together(underWay, row, () => new Promise((resolve) => sent.push({ row, answer: resolve })))
  const presses = [press('a'), press('a'), press('b')]
  expect(sent.map(({ row }) => row)).toEqual(['a', 'b'])
  sent[1]!.answer(2)
  sent[0]!.answer(1)
  expect(await Promise.all(presses)).toEqual([1, 1, 2])
  expect(underWay.size).toBe(0)
  void press('a')
  expect(sent).toHaveLength(3)
})

it('what failed may be pressed again', async () => {
  const underWay = new Map<string, Promise<string>>()
  await expect(together(underWay, 'a', () => Promise.reject(new Error('no')))).rejects.toThrow('no')
  expect(await together(underWay, 'a', () => Promise.resolve('yes'))).toBe('yes')
})
