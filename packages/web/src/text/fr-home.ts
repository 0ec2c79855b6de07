import { merge, type Tree } from './load.ts'

/** What only the dashboard says. */
export const catalogue = merge(
  import.meta.glob<Tree>('../../../domain/src/text/figures/fr.json', { query: '?home', eager: true, import: 'default' }),
  import.meta.glob<Tree>(['./dashboard/fr.json', './widgets/fr.json'], { query: '?home', eager: true, import: 'default' }),
)
