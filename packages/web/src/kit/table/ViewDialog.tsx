import { NewView, viewsApi, type View, type ViewList } from '@vigie/domain/views'
import { Button } from '../../ui/Button.tsx'
import { Dialog } from '../../ui/Dialog.tsx'
import { CheckboxField, Form, TextField, useForm } from '../form/index.ts'
import { useAction } from '../query.ts'
import { useText } from '../text.tsx'
import { toast } from '../toast.tsx'

interface Props {
  list: ViewList
  /** Null: a new one. */
  view: View | null
  query: string
  columns: string[]
  mayShare: boolean
  close(): void
  onSaved(view: View): void
}
const shape = NewView.pick({ name: true, isShared: true })

/** The name of a view, and who reads it. */
export default function ViewDialog({ list, view, query, columns, mayShare, close, onSaved }: Props) {
  const say = useText()
  const creating = useAction(viewsApi.createView)
  const updating = useAction(viewsApi.updateView)
  const form = useForm({
    initial: { name: view?.name ?? '', isShared: view?.isShared ?? false },
    shape,
    submit: (body) =>
      view === null
        ? creating.run({ body: { ...body, list, query, columns } })
        : updating.run({ params: { viewId: view.id }, body }, { version: view.version }),
    onDone: (saved) => {
      toast({ key: 'kit.view.saved', values: { name: saved.name } })
      onSaved(saved)
      close()
    },
  })
  return (
    <Dialog title={say(view === null ? 'kit.view.save-as' : 'kit.view.rename')} closeLabel={say('kit.close')} onClose={close}>
      <Form form={form} unguarded secondary={<Button onClick={close}>{say('kit.cancel')}</Button>}>
        <TextField name="name" label="kit.view.name" isRequired maxLength={60} autoFocus autoComplete="off" />
        {mayShare && <CheckboxField name="isShared" label="kit.view.share" help="kit.view.share.help" />}
      </Form>
    </Dialog>
  )
}
