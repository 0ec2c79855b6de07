import { describe, expect, it } from 'vitest'
import { ProductDescription } from './shapes.ts'
import { assertNamed, assertTakesKey, isStale, stateAfterSwitch, stateOfProduct } from './rules.ts'

const at = (text: string) => new Date(`2026-11-21T${text}Z`)

describe('freshness (PRD-8)', () => {
  it.each([
    ['the second the promise ends', '12:15:00.000', false],
    ['a millisecond past it', '12:15:00.001', true],
    ['a clock set back', '11:00:00', false],
  ])('%s', (_, now, stale) => {
    expect(isStale({ lastSeenAt: at('12:00:00'), freshForSeconds: 900 }, at(now))).toBe(stale)
  })
  it('what was never heard is not stale', () => expect(isStale({ lastSeenAt: null, freshForSeconds: 1 }, at('12:00:00'))).toBe(false))
})

describe('state of a product (AGT-2)', () => {
  it('before any agent', () => expect(stateOfProduct([])).toBe('pending'))
  it('of its newest agent, in whatever order they come', () => {
    const agents = [
      { state: 'unregistered', registeredAt: at('10:00:00') },
      { state: 'online', registeredAt: at('12:00:00') },
      { state: 'abnormal', registeredAt: at('11:00:00') },
    ] as const
    expect(stateOfProduct(agents)).toBe('online')
    expect(stateOfProduct(agents.toReversed())).toBe('online')
  })
  it('one that lost its identity counts only when there is no other', () => {
    const gone = { state: 'unregistered', registeredAt: at('12:00:00') } as const
    expect(stateOfProduct([gone, { state: 'offline', registeredAt: at('10:00:00') }])).toBe('offline')
    expect(stateOfProduct([gone])).toBe('unregistered')
  })
  it.each([
    ['disabled while connected', true, true, 'disabled'],
    ['disabled while away', true, false, 'disabled'],
    ['enabled before it had left', false, true, 'online'],
    ['enabled: comes within 10 min', false, false, 'offline'],
  ])('%s (AGT-3)', (_, isDisabled, isConnected, state) => expect(stateAfterSwitch(isDisabled, isConnected)).toBe(state))
})

describe('the description of a product (PRD-2)', () => {
  it.each([
    ['twenty letters and digits', 'a1'.repeat(10), true],
    ['twenty-one', `${'a1'.repeat(10)}b`, false],
    ['in Japanese, twenty', '本社サーバー二号館三階の予備機東側一号と二号'.slice(0, 20), true],
    ['in Japanese, twenty-one', '本社サーバー二号館三階の予備機東側一号と二号'.slice(0, 21), false],
    ['with an accent', 'Dépôt2', true],
    ['spaces around it', ' Main ', true],
    ['a space in it', 'Main server', false],
    ['a sign in it', 'Main-2', false],
    ['nothing', '  ', false],
  ])('%s', (_, description, isTaken) => {
    expect(ProductDescription.safeParse(description).success).toBe(isTaken)
  })
})

describe('a new key (PRD-2)', () => {
  it('for a product nobody registered', () => expect(() => assertTakesKey({ id: 'p' }, [])).not.toThrow())
  it('for one whose agents were all unregistered', () =>
    expect(() => assertTakesKey({ id: 'p' }, [{ state: 'unregistered' }])).not.toThrow())
  it('not for one that speaks already, be it disabled', () => {
    expect(() => assertTakesKey({ id: 'p' }, [{ state: 'unregistered' }, { state: 'disabled' }])).toThrow('product.already-registered')
  })
})

describe('confirmation by name (CUS-5)', () => {
  it('space around it is forgiven, case is not', () => {
    expect(() => assertNamed('Main', ' Main ')).not.toThrow()
    expect(() => assertNamed('Main', 'main')).toThrow('product.name-differs')
    expect(() => assertNamed('Main', '')).toThrow('product.name-differs')
  })
})
