import { findsWith, searchApi, searchKinds, type HitOf, type SearchHit, type SearchKind } from '@vigie/domain/search'
import {
  buttonClass,
  columns,
  DataTable,
  Empty,
  Glyph,
  Link,
  Page,
  Panel,
  Part,
  paths,
  query,
  Section,
  Tabs,
  useActor,
  useAddress,
  useFormat,
  useLoaded,
  useText,
  type Address,
} from '../kit/index.ts'
import { Icon } from '../ui/icons.tsx'
import { kindIcons, shown } from './hits.ts'
import { SearchField } from './SearchField.tsx'
import css from './search.module.css'

const asked = (at: Address) => at.search['q']?.trim() ?? ''
const kindOf = (at: Address): SearchKind | null => searchKinds.find((kind) => kind === at.search['kind']) ?? null

const everything = query(searchApi.searchAll).at((at) => ({ query: { q: asked(at), limit: 10 } }))
const ofOneKind = query(searchApi.searchKind).list((at) => ({ params: { kind: kindOf(at)! } }))

/** The list that a kind has of its own, with filters, order and export; null: none. */
const lists: Readonly<Record<SearchKind, ((q: string) => string) | null>> = {
  customer: (q) => paths.customers({ q }),
  product: null,
  endpoint: (q) => paths.inventory({ q }),
  event: (q) => paths.events({ q }),
  threat: null,
  account: () => paths.accounts(),
}

/** All that a search finds: the first of each kind, or one kind page by page. */
export default function SearchPage() {
  const at = useAddress()
  const actor = useActor()
  const [q, kind] = [asked(at), kindOf(at)]
  const kinds = searchKinds.filter((one) => actor.can(findsWith[one]))
  const list = kind && lists[kind]
  return (
    <Page
      title="search.title"
      about="search.about"
      fills={kind !== null && q !== ''}
      action={q !== '' && list ? <ListLink to={list(q)} /> : undefined}
      tabs={
        <>
          <SearchField />
          {q !== '' && (
            <Tabs
              label="search.kinds"
              tabs={[
                { label: 'search.everything', to: paths.search({ q }), isCurrent: kind === null },
                ...kinds.map((one) => ({ label: `search.kind.${one}`, to: paths.search({ q, kind: one }), isCurrent: one === kind })),
              ]}
            />
          )}
        </>
      }
    >
      {q === '' ? (
        <Empty icon="search" title="search.start" about="search.start.about" />
      ) : (
        <Part key={kind ?? 'all'}>{kind === null ? <Everything q={q} /> : <OneKind kind={kind} />}</Part>
      )}
    </Page>
  )
}

function ListLink({ to }: { to: string }) {
  return (
    <Link to={to} className={buttonClass()}>
      {useText()('search.in-list')}
    </Link>
  )
}

function Everything({ q }: { q: string }) {
  const say = useText()
  const { groups, isRefreshing } = useLoaded(everything)
  if (groups.length === 0) return <Nothing />
  return (
    <div className={css.groups} aria-busy={isRefreshing}>
      {groups.map(({ kind, rows, isMore }) => (
        <Section
          key={kind}
          title={`search.kind.${kind}`}
          action={isMore ? <Link to={paths.search({ q, kind })}>{say('search.all-of-kind')}</Link> : undefined}
        >
          <Panel lines>
            {rows.map((hit) => (
              <HitLine key={hit.id} hit={hit} />
            ))}
          </Panel>
        </Section>
      ))}
    </div>
  )
}

function HitLine({ hit }: { hit: SearchHit }) {
  const { name, detail, customer, sign, to } = shown(useText(), hit)
  return (
    <div className={css.line}>
      {sign ? <Glyph sign={sign} /> : <Icon name={kindIcons[hit.kind]} size={14} />}
      <Link to={to} className={css.name}>
        {name}
      </Link>
      <span className={css.detail}>{detail}</span>
      <span className={css.customer}>{customer}</span>
    </div>
  )
}

const column = columns<SearchHit>('search.column')
const name = column.cell('name', (hit) => <NameCell hit={hit} />, { main: true, minWidth: 220 })
const customer = column.cell(
  'customer',
  (hit) => ('customerId' in hit ? <Link to={paths.customer({ customerId: hit.customerId })}>{hit.customerName}</Link> : null),
  { width: 280 },
)
const detail = column.cell('detail', (hit) => <DetailCell hit={hit} />, { width: 280 })
const found = column.cell('lastOn', (hit) => (hit.kind === 'threat' ? <LastOn hit={hit} /> : null), { width: 130 })
const shownOf: Readonly<Record<SearchKind, (typeof name)[]>> = {
  customer: [name, detail],
  product: [name, detail, customer],
  endpoint: [name, detail, customer],
  event: [name, detail, customer],
  threat: [name, detail, found, customer],
  account: [name, detail],
}

function NameCell({ hit }: { hit: SearchHit }) {
  const { name: words, sign, to } = shown(useText(), hit)
  return (
    <span className={css.cell}>
      {sign && <Glyph sign={sign} />}
      <Link to={to}>{words}</Link>
    </span>
  )
}
function DetailCell({ hit }: { hit: SearchHit }) {
  return <>{shown(useText(), hit).detail}</>
}

function LastOn({ hit }: { hit: HitOf<'threat'> }) {
  const { day } = useFormat()
  return <>{day(hit.lastOn)}</>
}

function OneKind({ kind }: { kind: SearchKind }) {
  const loaded = useLoaded(ofOneKind)
  const say = useText()
  if (loaded.rows.length === 0 && !loaded.isRefreshing) return <Nothing />
  return <DataTable {...loaded} name={`search.kind.${kind}`} columns={shownOf[kind]} opens={(hit) => shown(say, hit).to} />
}

function Nothing() {
  return <Empty icon="search" title="search.none" about="search.none.about" />
}
