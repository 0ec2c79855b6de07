import { noRule, outbreakApi, ruleLevels, type CustomerRule, type OutbreakRule } from '@vigie/domain/outbreak'
import { Suspense, useState } from 'react'
import {
  columns,
  csvOf,
  DataTable,
  Empty,
  lazily,
  Link,
  load,
  Notice,
  Page,
  paths,
  query,
  StateTag,
  useActor,
  useAddress,
  useFormat,
  useLoaded,
  useText,
  type Action,
  type Filter,
} from '../kit/index.ts'
import css from './outbreak.module.css'

const RuleDialog = lazily(() => import('./RuleDialog.tsx'), 'default')
const list = query(outbreakApi.listRules).list()
export const loader = load(list)

const column = columns<CustomerRule>('outbreak.rule')
const shown = [
  column.cell('company', (row) => <Link to={paths.customer({ customerId: row.id, tab: 'consent' })}>{row.company}</Link>, {
    main: true,
    sort: 'company',
    minWidth: 180,
  }),
  column.cell('from', ({ rule }) => <StateTag label={`outbreak-rule.${rule.from}`} tone={rule.from === 'never' ? 'quiet' : 'good'} />, {
    width: 220,
  }),
  column.cell('what', (row) => <What rule={row.rule} />, { minWidth: 180 }),
  column.cell('hasConsented', (row) => <Consent row={row} />, { width: 180 }),
  column.cell('defendedUntil', (row) => <Until at={row.defendedUntil} />, { width: 190 }),
]
const filters: Filter[] = [
  { key: 'from', label: 'outbreak.rule.from', options: ruleLevels.map((value) => ({ value, label: `outbreak-rule.${value}` })) },
  {
    key: 'hasConsented',
    label: 'outbreak.rule.hasConsented',
    options: [
      { value: 'true', label: 'consent-state.given' },
      { value: 'false', label: 'outbreak.rule.no-consent' },
    ],
  },
]

function What({ rule }: { rule: OutbreakRule }) {
  const say = useText()
  if (rule.from === 'never')
    return (
      <span className="faint" data-nothing="">
        –
      </span>
    )
  const what = [rule.mayBlockPorts && 'ports', rule.mayDenyWrites && 'folders', rule.mayBlockAttachments && 'attachments']
    .filter((one) => one !== false)
    .map((one) => say(`outbreak.${one}`))
  return (
    <span>{`${new Intl.ListFormat(say.locale, { type: 'unit' }).format(what)} · ${say('outbreak.rule.days', { count: rule.days })}`}</span>
  )
}
/** Allowed, and not said in words: nothing begins. */
const Consent = ({ row }: { row: CustomerRule }) => (
  <StateTag
    label={row.hasConsented ? 'consent-state.given' : 'outbreak.rule.no-consent'}
    tone={row.hasConsented ? 'good' : row.rule.from === 'never' ? 'quiet' : 'warning'}
  />
)
function Until({ at }: { at: string | null }) {
  const { moment } = useFormat()
  return at === null ? (
    <span className="faint" data-nothing="">
      –
    </span>
  ) : (
    <span className="figures">{moment(at)}</span>
  )
}

/** EVT-5: what each customer lets Vigie do by itself when an alert is in force. */
export default function DefencePage() {
  const at = useAddress()
  const say = useText()
  const actor = useActor()
  const loaded = useLoaded(list)
  const [editing, setEditing] = useState<{ ids: readonly string[]; rule: OutbreakRule; clear(): void } | null>(null)
  const may = actor.can('outbreak.update')
  const actions = (row: CustomerRule): Action[] =>
    may ? [{ label: 'outbreak.rule.change', onSelect: () => setEditing({ ids: [row.id], rule: row.rule, clear: () => {} }) }] : []
  const bulk = (rows: CustomerRule[], ids: readonly string[], clear: () => void): Action[] => [
    { label: 'outbreak.rule.change', onSelect: () => setEditing({ ids, rule: rows[0]?.rule ?? noRule, clear }) },
  ]
  return (
    <Page title="outbreak.rules" about="outbreak.rules.about" fills crumbs={[{ label: 'outbreak.title', to: paths.virusAlerts() }]}>
      {loaded.rows.some(({ rule, hasConsented }) => rule.from !== 'never' && !hasConsented) && (
        <div className={css.above}>
          <Notice tone="warning" title="outbreak.rule.waits">
            {say('outbreak.rule.waits.about')}
          </Notice>
        </div>
      )}
      <DataTable
        {...loaded}
        name="outbreak.rules"
        columns={shown}
        sort="company"
        search="outbreak.rule.search"
        filters={filters}
        csv={csvOf(outbreakApi.exportRules, list(at))}
        actions={actions}
        {...(may ? { bulk } : {})}
        empty={<Empty icon="customers" title="outbreak.rules.none" />}
      />
      {editing && (
        <Suspense>
          <RuleDialog {...editing} close={() => setEditing(null)} />
        </Suspense>
      )}
    </Page>
  )
}
