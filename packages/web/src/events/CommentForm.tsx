import { CommentText } from '@vigie/domain/events'
import * as z from 'zod'
import { Button, Form, TextareaField, useForm, useText } from '../kit/index.ts'
import css from './events.module.css'

const shape = z.object({ text: CommentText })

interface Props {
  initial: string
  action: string
  submit(text: string, intent: string): Promise<unknown>
  done(): void
  cancel?: () => void
}
export default function CommentForm({ initial, action, submit, done, cancel }: Props) {
  const say = useText()
  const form = useForm({ initial: { text: initial }, shape, submit: ({ text }, intent) => submit(text, intent), onDone: done })
  return (
    <div className={css.comment}>
      <Form
        form={form}
        action={action}
        onlyWhenDirty
        {...(cancel ? { secondary: <Button onClick={cancel}>{say('kit.cancel')}</Button> } : {})}
      >
        <TextareaField name="text" label="events.comment" rows={2} />
      </Form>
    </div>
  )
}
