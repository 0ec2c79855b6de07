import { describe, expect, it } from 'vitest'
import { flatten, mergeEdits } from './merge.ts'

const base = { profile: { company: 'Acme', city: 'Lyon', phone: '' }, tags: ['vip'] }
const edit = (profile: Partial<typeof base.profile>, tags = base.tags) => ({ profile: { ...base.profile, ...profile }, tags })

describe('two people edit one customer', () => {
  it('flattens to the paths of the fields', () => {
    expect(flatten(base)).toEqual({ 'profile.company': 'Acme', 'profile.city': 'Lyon', 'profile.phone': '', tags: ['vip'] })
  })
  it('different fields: mine stays typed, theirs is taken', () => {
    expect(mergeEdits(base, edit({ city: 'Paris' }), edit({ phone: '01' }))).toEqual({
      kept: [{ path: 'profile.city', value: 'Paris' }],
      conflicts: [],
      taken: ['profile.phone'],
    })
  })
  it('the same field, differently: shown both, mine stays typed', () => {
    expect(mergeEdits(base, edit({ city: 'Paris' }), edit({ city: 'Lille' }))).toEqual({
      kept: [{ path: 'profile.city', value: 'Paris' }],
      conflicts: [{ path: 'profile.city', mine: 'Paris', theirs: 'Lille' }],
      taken: [],
    })
  })
  it('the same field, the same way: nothing to do', () => {
    expect(mergeEdits(base, edit({ city: 'Paris' }), edit({ city: 'Paris' }))).toEqual({ kept: [], conflicts: [], taken: [] })
  })
  it('lists count as one value', () => {
    expect(mergeEdits(base, edit({}, ['vip', 'retail']), edit({}, []))).toMatchObject({
      conflicts: [{ path: 'tags', mine: ['vip', 'retail'], theirs: [] }],
    })
  })
})
