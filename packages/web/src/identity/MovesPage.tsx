import { identityApi, type Move } from '@vigie/domain/identity'
import {
  Ago,
  Button,
  buttonClass,
  columns,
  confirm,
  DataTable,
  Empty,
  Facts,
  Line,
  Link,
  load,
  Notice,
  Page,
  paths,
  query,
  SidePanel,
  sortedBy,
  Stack,
  StateTag,
  toast,
  useAction,
  useActor,
  useAddress,
  useCustomerFilter,
  useFormat,
  useLoaded,
  useOriginFilters,
  useText,
  type Action,
  labelKey,
} from '../kit/index.ts'

const list = query(identityApi.listMoves).list(sortedBy('-movedAt'))
export const loader = load(list)

const column = columns<Move>('identity.move-column')
const shown = [
  column.cell('productName', (move) => <Link to={paths.product({ productId: move.productId })}>{move.productName}</Link>, {
    main: true,
    minWidth: 140,
  }),
  column.cell('from', ({ from }) => <Customer of={from} />, { minWidth: 140 }),
  column.cell('to', ({ to }) => <Customer of={to} />, { minWidth: 140 }),
  column.cell('state', (move) => <MoveState move={move} />, { width: 180 }),
  column.ago('movedAt', { sort: true, width: 130 }),
  column.text('movedBy', undefined, { width: 150 }),
]

function Customer({ of }: { of: Move['from'] }) {
  const say = useText()
  return of.customerId === null ? (
    <span className="faint">{say('identity.move.hidden')}</span>
  ) : (
    <Link to={paths.customer({ customerId: of.customerId })}>{of.name}</Link>
  )
}
const stateOf = (move: Move) => (move.undoneAt ? 'undone' : move.historyMovedAt === null ? 'history' : 'done')
function MoveState({ move }: { move: Move }) {
  const tones = { undone: 'quiet', history: 'pending', done: 'good' } as const
  return <StateTag label={`identity.move-state.${stateOf(move)}`} tone={tones[stateOf(move)]} />
}

/** AGT-11: products that went to another customer: how far they are, and the way back. */
export default function MovesPage() {
  const say = useText()
  const at = useAddress()
  const actor = useActor()
  const loaded = useLoaded(list)
  const filters = [...useCustomerFilter(), ...useOriginFilters()].filter((filter) => filter.key !== 'endpointId')
  const undoing = useAction(identityApi.undoMove)
  const actions = (move: Move): Action[] =>
    actor.can('agent.move')
      ? [
          {
            label: 'identity.move.take-back',
            icon: 'refresh',
            disabledReason: move.canUndo ? undefined : 'problem.move.not-undoable',
            onSelect: () =>
              confirm({
                title: { key: 'identity.move.take-back.title', values: { product: move.productName, customer: move.from.name } },
                consequence: 'identity.move.take-back.consequence',
                action: 'identity.move.take-back',
                async run() {
                  await undoing.run({ params: { moveId: move.id } })
                  toast({ key: 'identity.move.taken-back', values: { product: move.productName, customer: move.from.name } })
                },
              }),
          },
        ]
      : []
  return (
    <Page
      title="identity.moves"
      about="identity.moves.about"
      crumbs={[{ label: 'inventory.title', to: paths.inventory() }]}
      fills
      action={
        <Link className={buttonClass()} to={paths.switches()}>
          {say('identity.switches')}
        </Link>
      }
    >
      <DataTable
        {...loaded}
        name="identity.moves"
        columns={shown}
        sort="-movedAt"
        filters={filters}
        actions={actions}
        opens={(move) => `?move=${move.id}`}
        openId={at.search['move']}
        empty={<Empty icon="inventory" title="identity.moves.none" about="identity.moves.none.about" />}
      />
      <SidePanel param="move" label="identity.move" ids={loaded.rows.map((move) => move.id)}>
        {(id) => {
          const move = loaded.rows.find((one) => one.id === id)
          return move ? <Detail move={move} actions={actions(move)} /> : <p className="quiet">{say('problem.move.not-found')}</p>
        }}
      </SidePanel>
    </Page>
  )
}

function Detail({ move, actions }: { move: Move; actions: Action[] }) {
  const say = useText()
  const { number, day } = useFormat()
  const state = stateOf(move)
  return (
    <Stack>
      <div>
        <h2>{move.productName}</h2>
        <p className="quiet">{say('identity.move.way', { from: move.from.name || '…', to: move.to.name })}</p>
      </div>
      <Notice tone={state === 'history' ? 'pending' : 'plain'} title={`identity.move-state.${state}`}>
        <p>{say(`identity.move-state.${state}.about`)}</p>
      </Notice>
      <Line>
        {actions.map((action) => (
          <Button
            key={labelKey(action.label)}
            size="small"
            {...(action.icon ? { icon: action.icon } : {})}
            disabledReason={action.disabledReason === undefined ? undefined : say(action.disabledReason)}
            onClick={action.onSelect}
          >
            {say(action.label)}
          </Button>
        ))}
      </Line>
      <Facts
        facts={[
          [
            'identity.move.agents',
            <span key="agents" className="figures">
              {number(move.agentCount)}
            </span>,
          ],
          [
            'identity.move.endpoints',
            <span key="endpoints" className="figures">
              {number(move.endpointCount)}
            </span>,
          ],
          [
            'identity.move.records',
            <span key="records" className="figures">
              {number(move.recordCount)}
            </span>,
          ],
          ['identity.move.reason', move.reason],
          ['identity.move-column.movedAt', <Ago key="moved" at={move.movedAt} />],
          ['identity.move-column.movedBy', move.movedBy],
          ['identity.move.reversible-until', move.canUndo ? day(move.reversibleUntil) : null],
          ['identity.move.undone-by', move.undoneBy],
        ]}
      />
    </Stack>
  )
}
