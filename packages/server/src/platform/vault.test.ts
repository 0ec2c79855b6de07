import { randomBytes } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { TenantDb } from './db/index.ts'
import { aPartner, testDatabase, type TestDatabase } from './testing/database.ts'
import { createVault, type Place } from './vault.ts'

const place: Place = { table: 'outbox', column: 'secret_content', row: 'one' }
let database: TestDatabase
let [partnerId, otherId] = ['', '']
beforeAll(async () => {
  database = await testDatabase()
  ;[partnerId, otherId] = [await aPartner(database), await aPartner(database)]
})
afterAll(() => database.close())
const inside = <T>(id: string, work: (db: TenantDb) => Promise<T>) =>
  database.transaction({ partnerId: id, scope: 'all', principalId: null }, work)

describe('sealed values (R39)', () => {
  it('open where they stand, in any process with the key file; the same text never looks the same twice', async () => {
    const file = randomBytes(32)
    const [first, second] = await inside(partnerId, (db) =>
      Promise.all([
        createVault(file).seal(db, 'secrets', place, 'the PSA’s key'),
        createVault(file).seal(db, 'secrets', place, 'the PSA’s key'),
      ]),
    )
    expect(first.equals(second)).toBe(false)
    expect(first.includes('PSA')).toBe(false)
    expect(await inside(partnerId, (db) => createVault(file).open(db, 'secrets', place, first))).toBe('the PSA’s key')
    await inside(partnerId, (db) => db.query('delete from tenant_key'))
  })

  it.each<[string, Partial<Place>]>([
    ['another row', { row: 'two' }],
    ['another column', { column: 'content' }],
    ['another table', { table: 'account' }],
  ])('carried to %s they do not open', async (_, there) => {
    const sealed = await inside(partnerId, (db) => database.vault.seal(db, 'secrets', place, 'x'))
    await expect(inside(partnerId, (db) => database.vault.open(db, 'secrets', { ...place, ...there }, sealed))).rejects.toThrow()
  })

  it('nor at another business, for another purpose, or with one bit changed', async () => {
    const sealed = await inside(partnerId, (db) => database.vault.seal(db, 'secrets', place, 'x'))
    await inside(otherId, (db) => database.vault.seal(db, 'secrets', place, 'its own key is made'))
    await inside(partnerId, (db) => database.vault.seal(db, 'audit', place, 'its own key is made'))
    await expect(inside(otherId, (db) => database.vault.open(db, 'secrets', place, sealed))).rejects.toThrow()
    await expect(inside(partnerId, (db) => database.vault.open(db, 'audit', place, sealed))).rejects.toThrow()
    for (let bit = 0; bit < sealed.length * 8; bit++) {
      const altered = Buffer.from(sealed)
      altered[bit >> 3]! ^= 1 << (bit & 7)
      await expect(inside(partnerId, (db) => database.vault.open(db, 'secrets', place, altered))).rejects.toThrow()
    }
  })

  it('the key of a business, carried to another business, opens nothing there', async () => {
    const sealed = await inside(partnerId, (db) => database.vault.seal(db, 'secrets', place, 'x'))
    const {
      rows: [key],
    } = await database.owner.query('select sealed from tenant_key where partner_id = $1 and purpose = $2', [partnerId, 'secrets'])
    await database.owner.query('update tenant_key set sealed = $1 where partner_id = $2 and purpose = $3', [key.sealed, otherId, 'secrets'])
    await expect(inside(otherId, (db) => database.vault.open(db, 'secrets', place, sealed))).rejects.toThrow()
  })

  it('where the key was destroyed, what it sealed is gone', async () => {
    const sealed = await inside(partnerId, (db) => database.vault.seal(db, 'audit', place, 'x'))
    await inside(partnerId, (db) => db.query(`delete from tenant_key where purpose = 'audit'`))
    expect(await inside(partnerId, (db) => database.vault.open(db, 'audit', place, sealed))).toBe(null)
  })
})
