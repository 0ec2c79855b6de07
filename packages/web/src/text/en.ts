import { merge, type Tree } from './load.ts'

/** What sign-in, home and the events list say: a first load carries no more (load.ts; which keys: vite.config.ts). */
export const catalogue = merge(
  import.meta.glob<Tree>('../../../domain/src/text/*/en.json', { query: '?first', eager: true, import: 'default' }),
  import.meta.glob<Tree>('./*/en.json', { query: '?first', eager: true, import: 'default' }),
)
