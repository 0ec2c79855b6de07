import type { Dashboard } from '@vigie/domain/dashboard'
import { describe, expect, it } from 'vitest'
import { addTab, type Tabs } from './edit.ts'
import { createKeeper } from './keeper.ts'

const start: Dashboard = { tabs: [], isDefault: true, version: 0 }
const ids = (tabs: Tabs | null) => tabs?.map(({ id }) => id) ?? null

function aServer() {
  const asked: { ids: string[] | null; version: number; answer(): void; refuse(error: unknown): void }[] = []
  const said: unknown[] = []
  const keeper = createKeeper({
    put: (tabs, version) =>
      new Promise((resolve, reject) =>
        asked.push({
          ids: ids(tabs),
          version,
          answer: () => resolve({ tabs: [...tabs], isDefault: false, version: version + 1 }),
          refuse: reject,
        }),
      ),
    kept: (dashboard) => void said.push(dashboard.version),
    refused: (error) => void said.push(error),
  })
  const add = (id: string) => keeper.change(start, (tabs) => addTab(tabs, id, id))
  return { asked, said, keeper, add }
}
const turn = () => new Promise((resolve) => setImmediate(resolve))

describe('keeping a layout (DSH-1)', () => {
  it('shows a change at once; what comes meanwhile goes with the next request, on its new version', async () => {
    const { asked, said, keeper, add } = aServer()
    for (const id of ['a', 'b', 'c']) add(id)
    expect(ids(keeper.wanted())).toEqual(['a', 'b', 'c'])
    expect(asked).toMatchObject([{ ids: ['a'], version: 0 }])
    asked[0]!.answer()
    await turn()
    expect(asked).toMatchObject([{ ids: ['a'] }, { ids: ['a', 'b', 'c'], version: 1 }])
    expect(ids(keeper.wanted())).toEqual(['a', 'b', 'c'])
    asked[1]!.answer()
    await turn()
    expect([said, keeper.wanted(), asked.length]).toEqual([[1, 2], null, 2])
  })

  it('another window was first: says so and gives up what was wanted; the next change starts from the server’s state', async () => {
    const { asked, said, keeper, add } = aServer()
    add('a')
    add('b')
    asked[0]!.refuse('changed-meanwhile')
    await turn()
    expect([said, keeper.wanted(), asked.length]).toEqual([['changed-meanwhile'], null, 1])
    add('c')
    expect(asked[1]).toMatchObject({ ids: ['c'], version: 0 })
  })
})
