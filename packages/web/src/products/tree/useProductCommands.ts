import { plainCommandTypes } from '@vigie/domain/commands'
import type { Product, ProductType } from '@vigie/domain/products'
import { stateBlocks, useSendCommand } from '../../commands/index.ts'
import { useActor, type Action, type IconName } from '../../kit/index.ts'

const icons: Readonly<Record<string, IconName>> = {
  'scan-now': 'play',
  'stop-scan': 'stop',
  'update-components': 'download',
  synchronise: 'refresh',
}

/** What a whole product can be told with nothing more said, as its type declares and its state allows; its page knows more, from its agents. */
export function useProductCommands(product: Product, types: readonly ProductType[]): Action[] {
  const actor = useActor()
  const { send } = useSendCommand()
  if (!actor.can('command.send')) return []
  return (types.find((type) => type.id === product.typeId)?.commands ?? [])
    .filter((type) => plainCommandTypes.includes(type))
    .map((type) => ({
      label: `command.${type}`,
      ...(icons[type] ? { icon: icons[type] } : {}),
      disabledReason: stateBlocks(product.state),
      onSelect: () => void send(product.id, type),
    }))
}
