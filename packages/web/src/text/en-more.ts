import { merge, type Catalogue } from './load.ts'

/** What en.ts leaves for later. */
export const catalogue = merge(
  import.meta.glob<Catalogue>('../../../domain/src/text/*/en.json', { query: '?rest', eager: true, import: 'default' }),
  import.meta.glob<Catalogue>('./*/en.json', { query: '?rest', eager: true, import: 'default' }),
)
