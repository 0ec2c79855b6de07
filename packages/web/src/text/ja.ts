import { merge, type Catalogue } from './load.ts'

export const catalogue = merge(
  import.meta.glob<Catalogue>('../../../domain/src/text/*/ja.json', { eager: true, import: 'default' }),
  import.meta.glob<Catalogue>('./*/ja.json', { eager: true, import: 'default' }),
)
