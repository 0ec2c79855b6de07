import { readdirSync } from 'node:fs'
import { categoryById } from '@vigie/domain/categories'
import { sharedTexts, translator } from '@vigie/domain/text'
import { describe, expect, it } from 'vitest'
import { defineProductType, productTypeById, productTypes } from './index.ts'

const folders = readdirSync(import.meta.dirname, { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .map((entry) => entry.name)

describe('the catalogue (PRD-1)', () => {
  it('is whole: every folder is in the list, every entry is a folder', () => {
    expect(productTypes.map(({ id }) => id).toSorted()).toEqual(folders.toSorted())
    expect(productTypeById.size).toBe(folders.length)
  })

  it.each(productTypes)('$id names categories, groups and texts that exist', (type) => {
    const t = translator('en')
    expect(type.categories.filter((category) => !categoryById.has(category))).toEqual([])
    expect(type.defaultGroups.filter((group) => !t.has(`group.${group}`))).toEqual([])
    expect([`product-type.${type.id}.name`, `product-type.${type.id}.about`].filter((key) => !t.has(key))).toEqual([])
    expect(type.engine !== null).toBe(type.connection === 'agent')
  })

  it('the texts speak of no type that is not in it', () => {
    const spoken = Object.keys(sharedTexts.en).flatMap((key) => /^product-type\.(.+)\.name$/.exec(key)?.[1] ?? [])
    expect(spoken.toSorted()).toEqual(folders.toSorted())
  })

  it('refuses an entry that is not whole, and a property nobody reads', () => {
    const [first] = productTypes
    expect(() => defineProductType({ ...first!, defaultGroups: [] })).toThrow()
    expect(() => defineProductType({ ...first!, colour: 'red' } as never)).toThrow()
  })

  it('can not be changed at run time', () => {
    expect(() => Object.assign(productTypes[0]!, { family: 'email' })).toThrow()
  })
})
