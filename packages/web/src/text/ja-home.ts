import { merge, type Catalogue } from './load.ts'

/** What only the dashboard says. */
export const catalogue = merge(
  import.meta.glob<Catalogue>('../../../domain/src/text/figures/ja.json', { query: '?home', eager: true, import: 'default' }),
  import.meta.glob<Catalogue>(['./dashboard/ja.json', './widgets/ja.json'], { query: '?home', eager: true, import: 'default' }),
)
