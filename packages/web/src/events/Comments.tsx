import { commentEditableMinutes, eventsApi, type EventComment } from '@vigie/domain/events'
import { Suspense, useState } from 'react'
import { Ago, api, IconButton, lazily, Line, useAction, useActor, useNow, useText } from '../kit/index.ts'
import css from './events.module.css'
import { trouble } from '../kit/toast.tsx'

// a form is not needed before somebody reads an event
const CommentForm = lazily(() => import('./CommentForm.tsx'), 'default')

export function AddComment({ eventId }: { eventId: string }) {
  const [round, setRound] = useState(0)
  return (
    <Suspense>
      <CommentForm
        key={round}
        initial=""
        action="events.comment.add"
        submit={(text, intent) => api(eventsApi.addComment).call({ params: { eventId }, body: { text } }, { intent })}
        done={() => setRound(round + 1)}
      />
    </Suspense>
  )
}

/** What somebody said; its author may put it right for ten minutes, and take it away. */
export function Comment({ eventId, comment }: { eventId: string; comment: EventComment }) {
  const say = useText()
  const { account, can } = useActor()
  const now = useNow()
  const [isEditing, setEditing] = useState(false)
  const removing = useAction(eventsApi.removeComment)
  const params = { eventId, commentId: comment.id }
  const isOwn = comment.byId === account.id && comment.text !== null && can('event.act')
  const isFresh = now - Date.parse(comment.at) < commentEditableMinutes * 60_000
  if (isEditing) {
    return (
      <Suspense>
        <CommentForm
          initial={comment.text ?? ''}
          action="kit.save"
          submit={(text) => api(eventsApi.editComment).call({ params, body: { text } })}
          done={() => setEditing(false)}
          cancel={() => setEditing(false)}
        />
      </Suspense>
    )
  }
  return (
    <>
      <span className={css.what}>{comment.by}</span>
      <span className={css.at}>
        <Ago at={comment.at} />
      </span>
      <span className={comment.text === null ? css.more : css.said}>{comment.text ?? say('events.comment.removed')}</span>
      {comment.text !== null && comment.editedAt !== null && (
        <span className={css.more}>
          {say('events.comment.edited')} <Ago at={comment.editedAt} />
        </span>
      )}
      {isOwn && (
        <Line>
          {isFresh && <IconButton icon="edit" size="small" label={say('events.comment.edit')} onClick={() => setEditing(true)} />}
          <IconButton
            icon="trash"
            size="small"
            label={say('events.comment.remove')}
            onClick={() => void removing.run({ params }).catch(trouble)}
          />
        </Line>
      )}
    </>
  )
}
