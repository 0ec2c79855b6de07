import { merge, type Tree } from './load.ts'

/** What no screen says as it opens. */
export const catalogue = merge(
  import.meta.glob<Tree>('../../../domain/src/text/*/en.json', { query: '?last', eager: true, import: 'default' }),
  import.meta.glob<Tree>('./*/en.json', { query: '?last', eager: true, import: 'default' }),
)
