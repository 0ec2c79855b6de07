import { productsApi, type Endpoint } from '@vigie/domain/products'
import { choicesFor, stateBlocks, useSendCommand, type CommandChoice } from '../commands/index.ts'
import { query, useActor, useQuietly, type Action, type IconName } from '../kit/index.ts'

const icons: Partial<Record<CommandChoice['type'], IconName>> = {
  'scan-now': 'play',
  'stop-scan': 'stop',
  'update-components': 'download',
  synchronise: 'refresh',
  check: 'check',
  'stop-outbreak-defence': 'shield',
}
const catalogue = query(productsApi.getCatalogue).with({})

type Target = Pick<Endpoint, 'productId' | 'typeId' | 'agentId' | 'state' | 'engine' | 'commands'>

/** What an endpoint's own agent can be told, as menu entries: what its product's type declares, by its state and what its engine shows. None where one may not send (ACC-2). */
export function useEndpointCommands(): (endpoint: Target) => Action[] {
  const actor = useActor()
  const { send } = useSendCommand()
  const types = useQuietly(catalogue)?.types
  if (!actor.can('command.send')) return () => []
  return (endpoint) =>
    choicesFor(
      [{ state: endpoint.state, commands: endpoint.commands }],
      types?.find(({ id }) => id === endpoint.typeId)?.commands ?? [],
    ).map(({ type, disabledReason }) => ({
      label: `command.${type}`,
      ...(icons[type] ? { icon: icons[type] } : {}),
      disabledReason:
        endpoint.agentId === null
          ? 'command-reason.agent-pending'
          : (stateBlocks(endpoint.state) ?? disabledReason ?? scanReason(type, endpoint.engine)),
      onSelect: () => endpoint.agentId !== null && void send(endpoint.productId, type, [endpoint.agentId]),
    }))
}

function scanReason(type: CommandChoice['type'], engine: Endpoint['engine']): string | undefined {
  if (engine === null) return undefined
  if (type === 'stop-scan' && !engine.scan.isRunning) return 'command-reason.no-scan-running'
  if (type === 'scan-now' && engine.scan.isRunning) return 'command-reason.scan-running'
  return undefined
}
