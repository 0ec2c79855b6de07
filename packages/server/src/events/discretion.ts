import { portalRoles } from '@vigie/domain/access'
import type { Event, EventDetail } from '@vigie/domain/events'
import type { Actor } from '../platform/index.ts'

const isPortal = (actor: Actor): boolean => (portalRoles as readonly string[]).includes(actor.role)

/** What those who look after a customer say among themselves is not for its portal: who works on it, why it is silent, what they wrote. That it is silent, and until when, is. */
export function shownTo<E extends Event>(actor: Actor, event: E): E {
  if (!isPortal(actor)) return event
  return { ...event, assignee: null, silence: event.silence && { ...event.silence, reason: '', owner: '', by: '', bounds: null } }
}

export function detailShownTo(actor: Actor, event: EventDetail): EventDetail {
  if (!isPortal(actor)) return event
  return {
    ...shownTo(actor, event),
    comments: [],
    steps: event.steps
      .filter(({ what }) => what !== 'assigned')
      .map(({ details: { reason: _, ...details }, ...step }) => ({
        ...step,
        details,
        ...(step.what === 'snoozed' || step.what === 'accepted' ? { by: null, byId: null } : {}),
      })),
  }
}
