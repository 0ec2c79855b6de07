import { describe, expect, it } from 'vitest'
import { assertDeletable } from './rules.ts'

const calm = { id: 'c', company: 'Boulangerie Martin', productCount: 0 }

describe('deleting a customer (CUS-5)', () => {
  it('with no product, by its exact name', () => expect(() => assertDeletable(calm, ' Boulangerie Martin ')).not.toThrow())
  it.each(['boulangerie martin', 'Boulangerie', ''])('another name: %s', (name) =>
    expect(() => assertDeletable(calm, name)).toThrow('customer.name-differs'),
  )
  it('one product is enough to keep it, and is told before the name', () => {
    expect(() => assertDeletable({ ...calm, productCount: 1 }, '')).toThrow('customer.has-products')
  })
})
