import { commandsApi } from '@vigie/domain/commands'
import { CommandSteps } from '../commands/index.ts'
import { Link, paths, query, useLoaded, useText } from '../kit/index.ts'
import css from './events.module.css'
import { Piece } from './Piece.tsx'

export const commandsOf = (eventId: string) => query(commandsApi.listCommands).with({ query: { eventId, sort: '-sentAt', limit: 5 } })

/** What was sent to resolve it, newest first, with what the engine showed (AGT-3). Nothing sent: nothing here. */
export function EventCommands({ eventId }: { eventId: string }) {
  const say = useText()
  const { rows, nextCursor } = useLoaded(commandsOf(eventId))
  if (rows.length === 0) return null
  return (
    <Piece title="events.commands">
      {rows.map((command) => (
        <div key={command.id} className={css.command}>
          <p className={css.commandHead}>
            <strong>{say(`command.${command.type}`)}</strong>
            <span className="quiet">{say('events.command.to', { agent: command.agentName, person: command.sentBy })}</span>
          </p>
          <CommandSteps command={command} />
        </div>
      ))}
      {nextCursor !== null && <Link to={paths.commands({ eventId })}>{say('events.commands.all')}</Link>}
    </Piece>
  )
}
