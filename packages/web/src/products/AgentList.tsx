import { productsApi, type Agent, type ListedAgent } from '@vigie/domain/products'
import {
  AgentStateTag,
  Ago,
  columns,
  confirm,
  confirmByName,
  DataTable,
  Empty,
  Notice,
  query,
  Stack,
  toast,
  useAction,
  useActor,
  useLoaded,
  useText,
  type Action,
} from '../kit/index.ts'
import { agentLines, type AgentLine } from './agents.ts'
import css from './products.module.css'

const column = columns<AgentLine>('products.agent')
const shown = [
  column.cell('hostname', (line) => <Name line={line} />, { main: true }),
  column.cell('state', ({ agent, isClone }) => <AgentStateTag state={agent.state} cause={agent.cause} isCopy={isClone} />, { width: 148 }),
  column.text('version', ({ agent }) => agent.version, { width: 95 }),
  column.text('platform', ({ agent }) => agent.platform, { width: 175 }),
  column.text('through', ({ agent }) => agent.through, { width: 105 }),
  column.cell('carrier', ({ agent }) => <Carrier agent={agent} />, { width: 150 }),
  column.text('address', ({ agent }) => agent.address, { width: 125 }),
  column.cell('lastSeenAt', ({ agent }) => <Ago at={agent.lastSeenAt} />, { width: 122 }),
  column.cell('registeredAt', ({ agent }) => <Ago at={agent.registeredAt} />, { width: 115, hidden: true }),
]

function Name({ line: { agent, isClone, clonedFrom } }: { line: AgentLine }) {
  const say = useText()
  if (!isClone) return <>{agent.hostname}</>
  return (
    <span className={css.clone}>
      {agent.hostname}{' '}
      <span className="faint">
        {clonedFrom === null ? say('products.agent.clone') : say('products.agent.clone-of', { original: clonedFrom })}
      </span>
    </span>
  )
}

/** By what it is connected; why not by a WebSocket, to a pointer and to who listens (AGT-2). */
function Carrier({ agent: { carrier, pollingReason } }: { agent: Agent }) {
  const say = useText()
  if (carrier === null) return null
  const reason =
    pollingReason !== null && say.has(`products.agent.carrier.${pollingReason}`)
      ? say(`products.agent.carrier.${pollingReason}`)
      : undefined
  return (
    <span title={reason}>
      {carrier === 'websocket' ? 'WebSocket' : say('products.agent.carrier.polling')}
      {reason && <span className="sr-only"> {reason}</span>}
    </span>
  )
}

/** What is the matter with it, in words: the state's tag says it to a pointer only (AGT-2, AGT-9, OPS-5). */
function Cause({ agent: { hostname, cause } }: { agent: Agent }) {
  const say = useText()
  if (cause === null || !say.has(`agent-cause.${cause}`)) return null
  return (
    <Notice tone="warning" title={{ text: hostname }}>
      {say(`agent-cause.${cause}`)}
    </Notice>
  )
}

/** AGT-8: a site server whose line to Vigie takes less than its endpoints have to tell. */
function Held({ agent: { hostname, held, state } }: { agent: Agent }) {
  const say = useText()
  if (held === null || state !== 'online') return null
  return (
    <Notice tone="pending" title={{ text: hostname }}>
      {say('products.agent.held', { records: held.records })} <Ago at={held.since} />
    </Notice>
  )
}

/** AGT-6: what it could not keep while it reached nobody is nowhere; that is said, not passed over. */
function Lost({ agent: { hostname, lost } }: { agent: ListedAgent }) {
  const say = useText()
  if (lost === null) return null
  return (
    <Notice tone="warning" title={{ text: hostname }}>
      {say('agent-gap', { lost: lost.records })} (<Ago at={lost.at} />
      ). {say.has(`agent-gap.${lost.reason}`) && say(`agent-gap.${lost.reason}`)}
    </Notice>
  )
}

/** The installations that speak for a product; copies of one identity are shown with their original, both kept. */
export function AgentList({ productId }: { productId: string }) {
  const actor = useActor()
  const { rows } = useLoaded(query(productsApi.listAgents).with({ params: { productId } }))
  const switching = useAction(productsApi.switchAgent)
  const unregistering = useAction(productsApi.unregisterAgent)

  const turn = (agent: Agent, isDisabled: boolean) => switching.run({ params: { agentId: agent.id }, body: { isDisabled } })
  const disable = (agent: Agent) =>
    confirm({
      title: { key: 'products.agent.disable.title', values: { agent: agent.hostname } },
      consequence: 'products.agent.disable.consequence',
      undo: 'products.agent.disable.undo',
      action: 'products.agent.disable',
      isDangerous: true,
      run: () => turn(agent, true).then(() => toast({ key: 'products.agent.disabled', values: { agent: agent.hostname } })),
    })
  const enable = (agent: Agent) =>
    confirm({
      title: { key: 'products.agent.enable.title', values: { agent: agent.hostname } },
      consequence: 'products.agent.enable.consequence',
      action: 'products.agent.enable',
      run: () => turn(agent, false).then(() => toast({ key: 'products.agent.enabled', values: { agent: agent.hostname } })),
    })
  const unregister = (agent: Agent) =>
    confirmByName(agent.hostname, (confirmName) => unregistering.run({ params: { agentId: agent.id }, body: { confirmName } }), {
      title: { key: 'products.agent.unregister.title', values: { agent: agent.hostname } },
      consequence: 'products.agent.unregister.consequence',
      undo: 'products.agent.unregister.undo',
      action: 'products.agent.unregister',
    })
  const actions = ({ agent }: AgentLine): Action[] => {
    const gone = agent.state === 'unregistered' ? 'problem.agent.unregistered' : undefined
    return [
      ...(!actor.can('agent.switch')
        ? []
        : agent.state === 'disabled'
          ? [{ label: 'products.agent.enable', icon: 'play' as const, onSelect: () => enable(agent) }]
          : [{ label: 'products.agent.disable', icon: 'stop' as const, disabledReason: gone, onSelect: () => disable(agent) }]),
      ...(actor.can('product.delete')
        ? [
            {
              label: 'products.agent.unregister',
              icon: 'trash' as const,
              isDangerous: true,
              disabledReason: gone,
              onSelect: () => unregister(agent),
            },
          ]
        : []),
    ]
  }
  return (
    <Stack>
      {rows.map((agent) => (
        <Cause key={agent.id} agent={agent} />
      ))}
      {rows.map((agent) => (
        <Lost key={agent.id} agent={agent} />
      ))}
      {rows.map((agent) => (
        <Held key={agent.id} agent={agent} />
      ))}
      <DataTable
        name="products.agents"
        rows={agentLines(rows)}
        rowId={({ agent }) => agent.id}
        columns={shown}
        actions={actions}
        empty={<Empty icon="server" title="products.agents.none" about="products.agents.none.about" />}
      />
    </Stack>
  )
}
