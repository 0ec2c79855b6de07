import { isFinal } from '@vigie/domain/commands'
import type { EventDetail } from '@vigie/domain/events'
import { Button, Line, useActor, useQuietly, useText, labelKey } from '../kit/index.ts'
import { commandsOf } from './EventCommands.tsx'
import { useEventActions } from './useEventActions.tsx'
import { useWork } from './useWork.tsx'

/** The buttons of an open event. The first says what it does ("Scan now"); greyed, it says why. */
export function EventActions({ event }: { event: EventDetail }) {
  const say = useText()
  const act = useEventActions()
  const mayRead = useActor().can('command.read')
  const sent = useQuietly(mayRead ? commandsOf(event.id) : null)?.rows ?? []
  const isUnderWay = sent.some((command) => !isFinal(command.step))
  const work = useWork()
  if (!act.mayAct) return null
  // The server sends the first that is possible; so does this button say.
  const best = event.resolvedBy.find((command) => command.isPossible) ?? event.resolvedBy[0]
  const reason = isUnderWay
    ? say('events.resolve.under-way')
    : best === undefined
      ? say('remedy.mend-at-the-product')
      : best.isPossible
        ? undefined
        : reasonText(best.reason)
  function reasonText(code: string | null): string {
    const key = `command-reason.${code ?? 'not-supported'}`
    return say.has(key) ? say(key) : say('command-reason.not-supported')
  }
  const unresettable = act.unresettable(event)
  return (
    <Line>
      <Button kind="primary" icon="play" isBusy={act.isResolving} disabledReason={reason} onClick={() => void act.resolve(event)}>
        {say(best === undefined ? 'events.resolve' : `command.${best.type}`)}
      </Button>
      <Button
        icon="refresh"
        isBusy={act.isResetting}
        disabledReason={unresettable === undefined ? undefined : say(unresettable)}
        onClick={() => act.reset(event)}
      >
        {say('events.reset')}
      </Button>
      {work.actions(event).map((action) => (
        <Button
          key={labelKey(action.label)}
          icon={action.icon!}
          disabledReason={action.disabledReason === undefined ? undefined : say(action.disabledReason)}
          onClick={action.onSelect}
        >
          {say(action.label)}
        </Button>
      ))}
      {work.dialog}
    </Line>
  )
}
