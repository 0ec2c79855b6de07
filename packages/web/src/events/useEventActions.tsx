import { isCounted } from '@vigie/domain/categories'
import { eventsApi, type Event } from '@vigie/domain/events'
import { confirm, toast, trouble, useAction, useActor, useText } from '../kit/index.ts'
import { eventTitle } from './words.ts'

/** EVT-4: resolve sends the command that mends it; reset counts anew from now, and is warned. */
export function useEventActions() {
  const say = useText()
  const actor = useActor()
  const resolving = useAction(eventsApi.resolveEvent)
  const resetting = useAction(eventsApi.resetEvent)
  const mayAct = actor.can('event.act')

  const resolve = async (event: Event) => {
    try {
      const { commands } = await resolving.run({ params: { eventId: event.id } })
      toast({ key: 'events.resolve.sent', values: { count: commands.length } })
    } catch (error) {
      trouble(error)
    }
  }
  const reset = (event: Event) =>
    confirm({
      title: { key: 'events.reset.title', values: { event: eventTitle(say, event) } },
      consequence: { key: 'events.reset.consequence', values: { product: event.productName, customer: event.customerName } },
      undo: 'events.reset.undo',
      action: 'events.reset',
      isDangerous: true,
      run: async () => {
        await resetting.run({ params: { eventId: event.id } })
        toast('events.reset.done')
      },
    })

  return {
    mayAct,
    resolve,
    reset,
    isResolving: resolving.isRunning,
    isResetting: resetting.isRunning,
    /** Why it can't be acted on at all now. */
    blocked: (event: Event): string | undefined => (event.state === 'resolved' ? 'problem.event.resolved-already' : undefined),
    /** Why its counts can't begin anew. */
    unresettable: (event: Event): string | undefined =>
      event.state === 'resolved' ? 'problem.event.resolved-already' : isCounted(event) ? undefined : 'problem.event.not-counted',
  }
}
