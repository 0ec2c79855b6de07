import { merge, type Tree } from './load.ts'

/** What ja.ts leaves for the screens beyond the first. */
export const catalogue = merge(
  import.meta.glob<Tree>('../../../domain/src/text/*/ja.json', { query: '?rest', eager: true, import: 'default' }),
  import.meta.glob<Tree>('./*/ja.json', { query: '?rest', eager: true, import: 'default' }),
)
