import { merge, type Catalogue } from './load.ts'

/** What fr.ts leaves for later. */
export const catalogue = merge(
  import.meta.glob<Catalogue>('../../../domain/src/text/*/fr.json', { query: '?rest', eager: true, import: 'default' }),
  import.meta.glob<Catalogue>('./*/fr.json', { query: '?rest', eager: true, import: 'default' }),
)
