import { Select } from '@mantine/core'
import { customersApi } from '@vigie/domain/customers'
import { eventsApi } from '@vigie/domain/events'
import { load, Page, paths, query, useActor, useAddress, useGo, useLoaded, useQuietly, useText, type Address } from '../kit/index.ts'
import { indexesOf, IndexList } from './IndexList.tsx'
import css from './indexes.module.css'

const withValues = query(eventsApi.listIndexTags).with({})
const inUse = query(customersApi.listTags).with({})
const whoseAt = (at: Address) => (at.search['tag'] ? { tag: at.search['tag'] } : {})
export const loader = load((at) => indexesOf(whoseAt(at)), withValues)

/** EVT-3: the business's thresholds, from which every customer inherits; and over them a tag's. */
export default function IndexesPage() {
  const say = useText()
  const go = useGo()
  const actor = useActor()
  const whose = whoseAt(useAddress())
  const { rows } = useLoaded(withValues)
  const tags = useQuietly(actor.can('customer.update') ? inUse : null)?.rows ?? []
  const named = new Map([
    ...tags.map(({ tag }): [string, number] => [tag, 0]),
    ...rows.map(({ tag, values }): [string, number] => [tag, values]),
  ])
  if (whose.tag !== undefined && !named.has(whose.tag)) named.set(whose.tag, 0)
  const options = [...named].map(([tag, values]) => ({
    value: tag,
    label: values === 0 ? tag : say('indexes.tags.option', { tag, values }),
  }))
  return (
    <Page
      title="indexes.title"
      about={whose.tag === undefined ? 'indexes.about' : 'indexes.about.tag'}
      crumbs={[{ label: 'shell.administration', to: paths.administration() }]}
      narrow
    >
      <div className={css.whose}>
        <Select
          label={say('indexes.whose')}
          data={options}
          value={whose.tag ?? null}
          placeholder={say('indexes.whose.all')}
          searchable
          clearable
          clearButtonProps={{ 'aria-label': say('indexes.whose.all') }}
          nothingFoundMessage={say('kit.form.no-match')}
          onChange={(tag) => void go(paths.indexes(tag === null ? {} : { tag }))}
        />
      </div>
      <IndexList key={whose.tag ?? ''} whose={whose} />
    </Page>
  )
}
