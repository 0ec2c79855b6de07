import { DashboardTab } from '@vigie/domain/dashboard'
import * as z from 'zod'
import { Button, Dialog, Form, TextField, useForm, useText } from '../kit/index.ts'

const shape = z.object({ name: DashboardTab.shape.name.unwrap() })

/** @param name null: a new tab */
export function TabDialog({ name, close, onDone }: { name: string | null; close(): void; onDone(name: string): void }) {
  const say = useText()
  const form = useForm({
    initial: { name: name ?? '' },
    shape,
    submit: (body) => Promise.resolve(body),
    onDone: (body) => {
      close()
      onDone(body.name)
    },
  })
  return (
    <Dialog title={say(name === null ? 'dashboard.tab.add' : 'dashboard.tab.rename')} closeLabel={say('kit.close')} onClose={close}>
      <Form
        form={form}
        unguarded
        action={name === null ? 'dashboard.tab.add' : 'kit.save'}
        secondary={<Button onClick={close}>{say('kit.cancel')}</Button>}
      >
        <TextField name="name" label="dashboard.tab.name" isRequired maxLength={60} autoFocus />
      </Form>
    </Dialog>
  )
}
