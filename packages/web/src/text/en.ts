import { merge, type Catalogue } from './load.ts'

/** What sign-in, home and the events list say: a first load carries no more (load.ts; which keys: vite.config.ts). */
export const catalogue = merge(
  import.meta.glob<Catalogue>('../../../domain/src/text/*/en.json', { query: '?first', eager: true, import: 'default' }),
  import.meta.glob<Catalogue>('./*/en.json', { query: '?first', eager: true, import: 'default' }),
)
