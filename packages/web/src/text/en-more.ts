import { merge, type Tree } from './load.ts'

/** What en.ts leaves for the screens beyond the first. */
export const catalogue = merge(
  import.meta.glob<Tree>('../../../domain/src/text/*/en.json', { query: '?rest', eager: true, import: 'default' }),
  import.meta.glob<Tree>('./*/en.json', { query: '?rest', eager: true, import: 'default' }),
)
