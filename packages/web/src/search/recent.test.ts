import { describe, expect, it } from 'vitest'
import { refOf } from './recent.ts'

const id = '0192f5a3-1b2c-7d3e-8f40-123456789abc'
describe('what is opened at an address', () => {
  it.each([
    ['a customer, whatever its tab', `/customers/${id}`, { tab: 'products' }, `customer:${id}`],
    ['a page below it', `/customers/${id}/next`, {}, `customer:${id}`],
    ['a product', `/products/${id}`, {}, `product:${id}`],
    ['an event', `/events/${id}`, {}, `event:${id}`],
    ['a panel over a list', '/inventory', { endpoint: id }, `endpoint:${id}`],
    ['a panel over a page', `/customers/${id}`, { event: id.replace('0', '1') }, `event:${id.replace('0', '1')}`],
    ['a list', '/customers', {}, null],
    ['a form', '/customers/new', {}, null],
    ['something else in its place', '/inventory', { endpoint: 'x' }, null],
  ] as const)('%s', (_, pathname, search, ref) => expect(refOf(pathname, search)).toBe(ref))
})
