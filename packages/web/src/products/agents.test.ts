import type { Agent } from '@vigie/domain/products'
import { describe, expect, it } from 'vitest'
import { agentLines } from './agents.ts'

const agent = (id: string, registeredAt: string, clonedFromId: string | null = null) =>
  ({ id, hostname: `host-${id}`, registeredAt, clonedFromId }) as Agent
const shown = (agents: Agent[]) =>
  agentLines(agents).map(({ agent: { id }, clonedFrom }) => (clonedFrom === null ? id : `${id} of ${clonedFrom}`))

describe('clones stand under their original (R10)', () => {
  it('oldest first, each clone after its original, clones of clones too', () => {
    expect(shown([agent('d', '4', 'b'), agent('c', '3'), agent('b', '2', 'a'), agent('a', '1')])).toEqual([
      'a',
      'b of host-a',
      'd of host-b',
      'c',
    ])
  })
  it('a clone whose original is gone stands by itself, still marked', () => {
    expect(agentLines([agent('b', '2', 'gone')])).toMatchObject([{ isClone: true, clonedFrom: null }])
  })
  it('two that name each other are both shown, once', () => {
    expect(shown([agent('a', '1', 'b'), agent('b', '2', 'a')])).toHaveLength(2)
  })
})
