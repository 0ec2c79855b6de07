import { merge, type Tree } from './load.ts'

/** What fr.ts leaves for the screens beyond the first. */
export const catalogue = merge(
  import.meta.glob<Tree>('../../../domain/src/text/*/fr.json', { query: '?rest', eager: true, import: 'default' }),
  import.meta.glob<Tree>('./*/fr.json', { query: '?rest', eager: true, import: 'default' }),
)
