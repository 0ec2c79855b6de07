import { merge, type Tree } from './load.ts'

/** What only the dashboard says. */
export const catalogue = merge(
  import.meta.glob<Tree>('../../../domain/src/text/figures/en.json', { query: '?home', eager: true, import: 'default' }),
  import.meta.glob<Tree>(['./dashboard/en.json', './widgets/en.json'], { query: '?home', eager: true, import: 'default' }),
)
