import { merge, type Catalogue } from './load.ts'

export const catalogue = merge(
  import.meta.glob<Catalogue>('../../../domain/src/text/*/en.json', { eager: true, import: 'default' }),
  import.meta.glob<Catalogue>('./*/en.json', { eager: true, import: 'default' }),
)
