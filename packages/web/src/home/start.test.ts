import { describe, expect, it } from 'vitest'
import { nextStep } from './start.ts'

const empty = { customers: 0, products: 0, connected: 0 }

describe('what a new installation needs next', () => {
  it.each([
    ['nothing yet', {}, 'customer'],
    ['a customer without product', { customers: 1 }, 'product'],
    ['a product whose agent has not registered', { customers: 1, products: 1 }, 'connect'],
    ['the first agent', { customers: 1, products: 1, connected: 1 }, null],
    ['one of many connected', { customers: 40, products: 90, connected: 1 }, null],
  ])('%s', (_, estate, next) => expect(nextStep({ ...empty, ...estate })).toBe(next))
})
