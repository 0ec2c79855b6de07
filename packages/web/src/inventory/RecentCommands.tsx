import { commandsApi } from '@vigie/domain/commands'
import { CommandStepTag } from '../commands/index.ts'
import { Ago, Link, paths, query, useLoaded, useText } from '../kit/index.ts'
import css from './inventory.module.css'

/** The newest few orders to the endpoint's agent, each with what became of it, and the way to all of its product's. */
export function RecentCommands({ productId, agentId }: { productId: string; agentId: string }) {
  const say = useText()
  const { rows, nextCursor } = useLoaded(query(commandsApi.listCommands).with({ query: { productId, agentId, sort: '-sentAt', limit: 5 } }))
  if (rows.length === 0) return <p className="faint">{say('inventory.commands.none')}</p>
  return (
    <>
      <ul className={css.found}>
        {rows.map((command) => (
          <li key={command.id}>
            <Link to={paths.commands({ productId, command: command.id })}>{say(`command.${command.type}`)}</Link>
            <CommandStepTag step={command.step} />
            <span className="faint">
              <Ago at={command.sentAt} />
            </span>
          </li>
        ))}
      </ul>
      {nextCursor !== null && (
        <p>
          <Link to={paths.commands({ productId })}>{say('inventory.commands.all')}</Link>
        </p>
      )}
    </>
  )
}
