import type { Locale } from '@vigie/domain/kernel'

/** A country to begin with: the browser's region, else the language's own where it has one; none rather than a wrong one. */
export function likelyCountry(browserLanguage: string, locale: Locale): string {
  const region = /^[a-z]{2,3}-(?:[A-Z][a-z]{3}-)?([A-Z]{2})$/.exec(browserLanguage)?.[1]
  return region ?? { en: '', fr: 'FR', ja: 'JP' }[locale]
}

/**
 * A proposal for the account id: the company's name in plain letters, without its legal form. Empty where nothing readable is left (日本電気): then the person
 * chooses. Always of the shape the API asks for, or empty.
 */
export function proposeAccountId(company: string): string {
  const words = company
    .normalize('NFKD')
    .replaceAll(/\p{M}/gu, '')
    .toLowerCase()
    .split(/[^a-z0-9]+/)
    .filter((word) => word !== '' && !legalForms.has(word))
  const id = words.join('-').slice(0, 40).replace(/-+$/, '')
  return id.length >= 2 ? id : ''
}
const legalForms = new Set([
  'sa',
  'sas',
  'sarl',
  'gmbh',
  'ag',
  'ltd',
  'inc',
  'llc',
  'plc',
  'kk',
  'co',
  'corp',
  'bv',
  'nv',
  'srl',
  'spa',
  'se',
])
