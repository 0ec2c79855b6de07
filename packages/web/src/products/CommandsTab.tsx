import type { Product } from '@vigie/domain/products'
import { productsApi } from '@vigie/domain/products'
import { choicesFor, CommandTable, useSendCommand } from '../commands/index.ts'
import { Button, Part, query, useActor, useLoaded, useText, type IconName } from '../kit/index.ts'
import { catalogue } from './catalogue.ts'
import css from './products.module.css'

const icons: Readonly<Record<string, IconName>> = {
  'scan-now': 'play',
  'stop-scan': 'stop',
  'update-components': 'download',
  synchronise: 'refresh',
}

/** AGT-3: what the product can be told, each with what it does; then everything sent, with its outcome as the engine showed it. */
export function CommandsTab({ product }: { product: Product }) {
  const actor = useActor()
  return (
    <>
      {actor.can('command.send') && (
        <Part key={`send-${product.id}`} rows={3}>
          <Send product={product} />
        </Part>
      )}
      <CommandTable fixed={{ productId: product.id }} />
    </>
  )
}

function Send({ product }: { product: Product }) {
  const say = useText()
  const { send, isRunning } = useSendCommand()
  const { types } = useLoaded(catalogue)
  const { rows: agents } = useLoaded(query(productsApi.listAgents).with({ params: { productId: product.id } }))
  const choices = choicesFor(agents, types.find((type) => type.id === product.typeId)?.commands ?? null)
  return (
    <ul className={css.commands} aria-label={say('products.commands.send')}>
      {choices.map(({ type, disabledReason }) => (
        <li key={type}>
          <Button
            {...(icons[type] ? { icon: icons[type] } : {})}
            isBusy={isRunning}
            disabledReason={disabledReason === undefined ? undefined : say(disabledReason)}
            onClick={() => void send(product.id, type)}
          >
            {say(`command.${type}`)}
          </Button>
          <p>{disabledReason === undefined ? say(`command.${type}.about`) : say(disabledReason)}</p>
        </li>
      ))}
    </ul>
  )
}
