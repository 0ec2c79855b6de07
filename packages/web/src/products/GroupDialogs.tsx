import { GroupLabel, productsApi, type EndpointGroup } from '@vigie/domain/products'
import * as z from 'zod'
import { Button, Dialog, Form, SelectField, TextField, toast, useAction, useForm, useLoaded, useText } from '../kit/index.ts'
import { groupWord } from './groups.ts'
import { groupsOf, useGroupDeeds } from './useGroupDeeds.ts'

type Named = Pick<EndpointGroup, 'name' | 'label'>
const named = z.object({ label: GroupLabel })
const chosen = z.object({ group: z.string().min(1) })

/** A group of one's own: a new one, or another name. */
export function GroupNameDialog({ productId, group, close }: { productId: string; group?: Named | undefined; close(): void }) {
  const say = useText()
  const { rows } = useLoaded(groupsOf(productId))
  const adding = useAction(productsApi.createGroup)
  const renaming = useAction(productsApi.renameGroup)
  const form = useForm({
    initial: { label: group?.label ?? '' },
    shape: named,
    submit: (body) =>
      group
        ? renaming.run(
            { params: { productId, group: group.name }, body },
            { version: rows.find(({ name }) => name === group.name)?.version ?? 1 },
          )
        : adding.run({ params: { productId }, body }),
    onDone: () => {
      toast('kit.saved')
      close()
    },
  })
  return (
    <Dialog title={say(group ? 'products.group.rename' : 'products.group.add')} closeLabel={say('kit.close')} onClose={close}>
      <Form
        form={form}
        unguarded
        onlyWhenDirty
        action={group ? 'kit.save' : 'products.group.add'}
        secondary={<Button onClick={close}>{say('kit.cancel')}</Button>}
      >
        <TextField name="label" label="products.group.name" isRequired maxLength={60} autoFocus />
      </Form>
    </Dialog>
  )
}

interface MoveProps {
  productId: string
  groups: readonly Named[]
  /** The group they are in now: not offered. */
  from: string | null
  what: { endpointIds?: string[]; filter?: { q?: string; group?: string } }
  close(): void
}
/** Where to? */
export function MoveDialog({ productId, groups, from, what, close }: MoveProps) {
  const say = useText()
  const deeds = useGroupDeeds()
  const others = groups.filter(({ name }) => name !== from)
  const form = useForm({
    initial: { group: others[0]?.name ?? '' },
    shape: chosen,
    submit: async ({ group }) =>
      await deeds.move(
        productId,
        others.find(({ name }) => name === group)!,
        what,
      ),
    onDone: close,
  })
  return (
    <Dialog title={say('products.group.move')} closeLabel={say('kit.close')} onClose={close}>
      <Form form={form} unguarded action="products.group.move.do" secondary={<Button onClick={close}>{say('kit.cancel')}</Button>}>
        <SelectField
          name="group"
          label="products.group"
          options={others.map((group) => ({ value: group.name, label: { text: groupWord(say, group) } }))}
          isRequired
        />
      </Form>
    </Dialog>
  )
}
