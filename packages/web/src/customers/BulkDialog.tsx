import { customersApi, Tag } from '@vigie/domain/customers'
import * as z from 'zod'
import { Button, Form, Link, paths, query, SelectField, TagsField, useField, useForm, useQuietly, useText } from '../kit/index.ts'
import { takeBack } from '../kit/many.ts'
import { ManyDialog } from '../kit/ManyDialog.tsx'
import { changeMany, type Change, type Outcome } from './bulk.ts'
import css from './customers.module.css'

export type BulkKind = 'add-tag' | 'remove-tag' | 'assign'
interface Props {
  kind: BulkKind
  ids: readonly string[]
  /** Lets the rows go: they have been dealt with. */
  clear(): void
  close(): void
}
const shapes = { tags: z.object({ tags: z.array(Tag).min(1).max(20) }), manager: z.object({ manager: z.string() }) }
const nobody = 'nobody'
const shownTags = 24

/** Tags or managers of many customers (CUS-2, CUS-7). */
export default function BulkDialog({ kind, ids, clear, close }: Props) {
  return (
    <ManyDialog<Change, Outcome['refused'][number]>
      ids={ids}
      title={`customers.bulk.${kind}.title`}
      done="customers.bulk.changed"
      changed="customers.bulk.changed"
      undone="customers.bulk.undone"
      changeMany={(change, tell, signal) => changeMany(ids, change, tell, signal)}
      takeBack={(undo) => takeBack(undo, changeMany)}
      refused={({ id, company }) =>
        company && (
          <>
            <Link to={paths.customer({ customerId: id })}>{company}</Link>{' '}
          </>
        )
      }
      form={(run) => (kind === 'assign' ? <ManagerForm run={run} close={close} /> : <TagForm kind={kind} run={run} close={close} />)}
      clear={clear}
      close={close}
    />
  )
}

function TagForm({ kind, run, close }: { kind: 'add-tag' | 'remove-tag'; run(change: Change): Promise<void>; close(): void }) {
  const say = useText()
  const known = useQuietly(query(customersApi.listTags).with({}))?.rows.map(({ tag }) => tag) ?? []
  const form = useForm({
    initial: { tags: [] as string[] },
    shape: shapes.tags,
    submit: ({ tags }) => run({ kind: 'tags', add: kind === 'add-tag' ? tags : [], remove: kind === 'remove-tag' ? tags : [] }),
  })
  return (
    <Form form={form} unguarded action="customers.bulk.apply" secondary={<Button onClick={close}>{say('kit.cancel')}</Button>}>
      <TagsField name="tags" label="customers.tags" help="customers.tags.help" isRequired />
      <KnownTags tags={known} />
    </Form>
  )
}

/** Below the field rather than over the button, as a chooser's list would be. */
function KnownTags({ tags }: { tags: readonly string[] }) {
  const field = useField<string[]>('tags')
  const others = tags.filter((tag) => !field.value.includes(tag)).slice(0, shownTags)
  if (others.length === 0) return null
  return (
    <div className={css.known}>
      {others.map((tag) => (
        <button key={tag} type="button" className={css.tag} onClick={() => field.set([...field.value, tag])}>
          {tag}
        </button>
      ))}
    </div>
  )
}

function ManagerForm({ run, close }: { run(change: Change): Promise<void>; close(): void }) {
  const say = useText()
  const managers =
    useQuietly(query(customersApi.listManagers).with({}))?.rows.filter((manager) => manager.canManage && !manager.isDefault) ?? []
  const form = useForm({
    initial: { manager: nobody },
    shape: shapes.manager,
    submit: ({ manager }) => run({ kind: 'assign', accountId: manager === nobody ? null : manager }),
  })
  return (
    <Form form={form} unguarded action="customers.bulk.apply" secondary={<Button onClick={close}>{say('kit.cancel')}</Button>}>
      <SelectField
        name="manager"
        label="customers.bulk.manager"
        help="customers.bulk.manager.help"
        isRequired
        isSearchable
        options={[
          { value: nobody, label: 'customers.bulk.nobody' },
          ...managers.map((manager) => ({ value: manager.id, label: { text: manager.name } })),
        ]}
      />
    </Form>
  )
}
