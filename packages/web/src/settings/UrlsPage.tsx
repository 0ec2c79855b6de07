import { load, Page, paths } from '../kit/index.ts'
import { UrlLists, urlsOf } from './UrlLists.tsx'

export const loader = load(urlsOf(null))

/** ADM-2: the business's lists, which every customer inherits. */
export default function UrlsPage() {
  return (
    <Page title="settings.urls" about="settings.urls.about" crumbs={[{ label: 'shell.administration', to: paths.administration() }]} fills>
      <UrlLists customerId={null} />
    </Page>
  )
}
