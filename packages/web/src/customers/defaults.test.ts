import { CustomerAccount } from '@vigie/domain/customers'
import { describe, expect, it } from 'vitest'
import { likelyCountry, proposeAccountId } from './defaults.ts'

describe('new customer: an account id to begin with (CUS-1)', () => {
  it.each([
    ['Boulangerie Lefèvre', 'boulangerie-lefevre'],
    ['Müller & Söhne GmbH', 'muller-sohne'],
    ['ACME, Inc.', 'acme'],
    ['Groupe  Saint-Étienne S.A.S.', 'groupe-saint-etienne-s-a-s'],
    ['株式会社タナカ', ''],
    ['3M', '3m'],
    ['X', ''],
    ['A very long company name that goes on and on for ever', 'a-very-long-company-name-that-goes-on-an'],
  ])('%s: %s', (company, id) => {
    expect(proposeAccountId(company)).toBe(id)
    if (id !== '') expect(CustomerAccount.shape.accountId.safeParse(id).success).toBe(true)
  })
})
describe('new customer: a country to begin with', () => {
  it.each([
    ['de-CH', 'en', 'CH'],
    ['zh-Hant-TW', 'en', 'TW'],
    ['fr', 'fr', 'FR'],
    ['ja', 'ja', 'JP'],
    ['en', 'en', ''],
  ] as const)('%s, %s: %s', (browser, locale, country) => expect(likelyCountry(browser, locale)).toBe(country))
})
