import { merge, type Catalogue } from './load.ts'

export const catalogue = merge(
  import.meta.glob<Catalogue>('../../../domain/src/text/*/fr.json', { eager: true, import: 'default' }),
  import.meta.glob<Catalogue>('./*/fr.json', { eager: true, import: 'default' }),
)
