import { merge, type Catalogue } from './load.ts'

/** What ja.ts leaves for later. */
export const catalogue = merge(
  import.meta.glob<Catalogue>('../../../domain/src/text/*/ja.json', { query: '?rest', eager: true, import: 'default' }),
  import.meta.glob<Catalogue>('./*/ja.json', { query: '?rest', eager: true, import: 'default' }),
)
