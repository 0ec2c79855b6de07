import { eventsApi, type Event } from '@vigie/domain/events'
import { api, confirm, queryClient, toast, trouble, useAction, useActor, useText } from '../kit/index.ts'
import { eventTitle, mendedBy } from './words.ts'

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
  const many = async (events: Event[], route: typeof eventsApi.resolveEvent | typeof eventsApi.resetEvent, done: string) => {
    const results = await Promise.allSettled(events.map((event) => api(route).call({ params: { eventId: event.id } })))
    await queryClient.invalidateQueries()
    const refused = results.filter((result) => result.status === 'rejected')
    if (refused.length < events.length) toast({ key: done, values: { count: events.length - refused.length } })
    if (refused[0]) trouble(refused[0].reason)
  }
  const resetMany = (events: Event[]) =>
    confirm({
      title: { key: 'events.reset-many.title', values: { count: events.length } },
      consequence: 'events.reset-many.consequence',
      undo: 'events.reset.undo',
      action: 'events.reset',
      isDangerous: true,
      run: () => many(events, eventsApi.resetEvent, 'events.reset-many.done'),
    })

  return {
    mayAct,
    resolve,
    reset,
    resetMany,
    resolveMany: (events: Event[]) => void many(events, eventsApi.resolveEvent, 'events.resolve-many.done'),
    isResolving: resolving.isRunning,
    isResetting: resetting.isRunning,
    /** Why it can't be acted on at all now. */
    blocked: (event: Event): string | undefined => (event.state === 'resolved' ? 'problem.event.resolved-already' : undefined),
    /** Why no command can be sent for it. */
    unmendable: (event: Event): string | undefined => (mendedBy(event).length === 0 ? 'remedy.mend-at-the-product' : undefined),
  }
}
