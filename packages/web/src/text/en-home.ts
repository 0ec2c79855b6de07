import { merge, type Catalogue } from './load.ts'

/** What only the dashboard says. */
export const catalogue = merge(
  import.meta.glob<Catalogue>('../../../domain/src/text/figures/en.json', { query: '?home', eager: true, import: 'default' }),
  import.meta.glob<Catalogue>(['./dashboard/en.json', './widgets/en.json'], { query: '?home', eager: true, import: 'default' }),
)
