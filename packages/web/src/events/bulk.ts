import { eventsApi, mostAtOnce, type Event } from '@vigie/domain/events'
import { Problem, type BodyInputOf, type ReplyOf } from '@vigie/domain/kernel'
import { api } from '../kit/index.ts'
import type { Outcome as Of } from '../kit/many.ts'
import { inPieces } from '../kit/pieces.ts'
import { isRetryable } from '../kit/problems.ts'

type Silence = Omit<BodyInputOf<typeof eventsApi.silenceEvents>, 'ids'>
export type Change =
  | { kind: 'assign'; accountId: string | null; ifAssignedTo?: string | null }
  | { kind: 'silence'; silence: Silence }
  /** `silences`: of each event the one to end, if it is still that. */
  | { kind: 'wake'; silences?: ReadonlyMap<string, string> }
  | { kind: 'resolve' }
  | { kind: 'reset' }

export interface Refusal {
  id: string
  /** Null: not there for whoever asked. */
  event: Event | null
  code: string
}
export type Outcome = Of<Change, Refusal>
type Reply = ReplyOf<typeof eventsApi.assignEvents> | ReplyOf<typeof eventsApi.silenceEvents> | ReplyOf<typeof eventsApi.wakeEvents>

async function send(ids: readonly string[], intent: string, change: Change): Promise<Reply> {
  switch (change.kind) {
    case 'assign':
      return await api(eventsApi.assignEvents).call(
        {
          body: {
            ids: [...ids],
            accountId: change.accountId,
            ...(change.ifAssignedTo === undefined ? {} : { ifAssignedTo: change.ifAssignedTo }),
          },
        },
        { intent },
      )
    case 'silence':
      return await api(eventsApi.silenceEvents).call({ body: { ids: [...ids], ...change.silence } }, { intent })
    case 'wake':
      return await api(eventsApi.wakeEvents).call(
        { body: { ids: [...ids], ...(change.silences ? { silenceIds: ids.flatMap((id) => change.silences!.get(id) ?? []) } : {}) } },
        { intent },
      )
    default:
      return await one(ids[0]!, intent, change.kind)
  }
}

/** Commands and resets are each an event's own: one that is refused leaves the others alone. */
async function one(id: string, intent: string, kind: 'resolve' | 'reset'): Promise<Reply> {
  try {
    await api(kind === 'resolve' ? eventsApi.resolveEvent : eventsApi.resetEvent).call({ params: { eventId: id } }, { intent })
    return { changed: [{ id }], unchanged: 0, refused: [] }
  } catch (error) {
    if (!(error instanceof Problem) || isRetryable(error)) throw error
    return { changed: [], unchanged: 0, refused: [{ id, event: null, code: error.code as never }] }
  }
}

/** A change of many events, a piece at a time. @param known those shown, to name the refused by */
export async function changeMany(
  ids: readonly string[],
  change: Change,
  tell: (done: number) => void,
  signal: AbortSignal,
  known: readonly Event[] = [],
): Promise<Outcome> {
  const size = change.kind === 'resolve' || change.kind === 'reset' ? 1 : mostAtOnce
  const { replies, done, error } = await inPieces<string, Reply>(
    ids,
    size,
    ({ items, intent }) => send(items, intent, change),
    tell,
    signal,
    isRetryable,
  )
  const changed = replies.flatMap((reply): Changed[] => reply.changed)
  return {
    changed: changed.length,
    unchanged: replies.reduce((sum, reply) => sum + reply.unchanged, 0),
    refused: replies
      .flatMap((reply): Refusal[] => reply.refused)
      .map((refusal) => ({ ...refusal, event: refusal.event ?? known.find(({ id }) => id === refusal.id) ?? null })),
    notReached: ids.length - done,
    error,
    undo: undoOf(changed, change),
  }
}

type Changed = Reply['changed'][number]

/** Each event goes back to whoever had it, if nobody gave it on since; each silence ends, if none took its place. One that took another's place stays: what it replaced is over. */
export function undoOf(changed: readonly Changed[], change: Change): Outcome['undo'] {
  if (change.kind === 'assign') {
    const groups = Map.groupBy(
      changed.filter((one): one is Changed & { before: string | null } => 'before' in one),
      ({ before }) => before,
    )
    return [...groups].map(([before, group]) => ({
      ids: group.map(({ id }) => id),
      change: { kind: 'assign', accountId: before, ifAssignedTo: change.accountId },
    }))
  }
  if (change.kind !== 'silence') return []
  const made = changed.filter((one): one is Changed & { silenceId: string; isReplaced: boolean } => 'silenceId' in one && !one.isReplaced)
  return made.length === 0
    ? []
    : [{ ids: made.map(({ id }) => id), change: { kind: 'wake', silences: new Map(made.map(({ id, silenceId }) => [id, silenceId])) } }]
}
