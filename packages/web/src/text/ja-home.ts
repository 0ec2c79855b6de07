import { merge, type Tree } from './load.ts'

/** What only the dashboard says. */
export const catalogue = merge(
  import.meta.glob<Tree>('../../../domain/src/text/figures/ja.json', { query: '?home', eager: true, import: 'default' }),
  import.meta.glob<Tree>(['./dashboard/ja.json', './widgets/ja.json'], { query: '?home', eager: true, import: 'default' }),
)
