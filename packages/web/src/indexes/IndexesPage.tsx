import { load, Page, paths } from '../kit/index.ts'
import { indexesOf, IndexList } from './IndexList.tsx'

export const loader = load(indexesOf(null))

/** EVT-3: the business's thresholds, from which every customer inherits. */
export default function IndexesPage() {
  return (
    <Page title="indexes.title" about="indexes.about" crumbs={[{ label: 'shell.administration', to: paths.administration() }]} narrow>
      <IndexList customerId={null} />
    </Page>
  )
}
