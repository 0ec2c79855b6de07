import { customersApi, Tag } from '@vigie/domain/customers'
import { useEffect, useRef, useState } from 'react'
import * as z from 'zod'
import { Button, describe, Dialog, Form, Line, Link, Notice, paths, query, queryClient, SelectField, Stack, TagsField, toast, trouble, useField, useForm, useQuietly, useText } from '../kit/index.ts'
import { changeMany, takeBack, type Change, type Outcome } from './bulk.ts'
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
const shownRefusals = 8
const shownTags = 24

async function undo(outcome: Outcome) {
  try {
    const count = await takeBack(outcome.undo)
    toast({ key: 'customers.bulk.undone', values: { count } })
  } catch (error) {
    trouble(error)
  }
  await queryClient.invalidateQueries()
}

/** Asks what to do with many customers, does it while one watches, and says what came of it. */
export default function BulkDialog({ kind, ids, clear, close }: Props) {
  const say = useText()
  const [done, setDone] = useState<number | null>(null)
  const [outcome, setOutcome] = useState<Outcome | null>(null)
  const stop = useRef(new AbortController())
  useEffect(() => () => stop.current.abort(), [])

  const run = async (change: Change) => {
    setDone(0)
    const came = await changeMany(ids, change, setDone, stop.current.signal)
    await queryClient.invalidateQueries()
    if (came.error === null && came.refused.length === 0 && came.notReached === 0) {
      toast({ key: 'customers.bulk.changed', values: { count: came.changed } }, came.changed > 0 ? { run: () => void undo(came) } : undefined)
      clear()
      close()
    } else {
      setDone(null)
      setOutcome(came)
    }
  }
  const title = say(outcome ? 'customers.bulk.result' : `customers.bulk.${kind}.title`, { count: ids.length })
  const leave = () => {
    if (outcome) clear()
    close()
  }
  return (
    <Dialog title={title} closeLabel={say('kit.close')} onClose={() => (done === null ? leave() : stop.current.abort())}>
      {outcome ? (
        <Result outcome={outcome} takeBack={() => { void undo(outcome); leave() }} close={leave} />
      ) : done !== null ? (
        <Stack>
          <p role="status" className="figures">{say('customers.bulk.running', { done, total: ids.length })}</p>
          <progress className={css.progress} max={ids.length} value={done} aria-label={title} />
          <Line><Button onClick={() => stop.current.abort()}>{say('customers.bulk.stop')}</Button></Line>
        </Stack>
      ) : kind === 'assign' ? <ManagerForm run={run} close={close} /> : <TagForm kind={kind} run={run} close={close} />}
    </Dialog>
  )
}

function TagForm({ kind, run, close }: { kind: 'add-tag' | 'remove-tag'; run(change: Change): Promise<void>; close(): void }) {
  const say = useText()
  const known = useQuietly(query(customersApi.listTags).with({}))?.rows.map(({ tag }) => tag) ?? []
  const form = useForm({
    initial: { tags: [] as string[] }, shape: shapes.tags,
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
  return <div className={css.known}>{others.map((tag) => <button key={tag} type="button" className={css.tag} onClick={() => field.set([...field.value, tag])}>{tag}</button>)}</div>
}

function ManagerForm({ run, close }: { run(change: Change): Promise<void>; close(): void }) {
  const say = useText()
  const managers = useQuietly(query(customersApi.listManagers).with({}))?.rows.filter((manager) => manager.canManage && !manager.isDefault) ?? []
  const form = useForm({ initial: { manager: nobody }, shape: shapes.manager, submit: ({ manager }) => run({ kind: 'assign', accountId: manager === nobody ? null : manager }) })
  return (
    <Form form={form} unguarded action="customers.bulk.apply" secondary={<Button onClick={close}>{say('kit.cancel')}</Button>}>
      <SelectField
        name="manager" label="customers.bulk.manager" help="customers.bulk.manager.help" isRequired isSearchable
        options={[{ value: nobody, label: 'customers.bulk.nobody' }, ...managers.map((manager) => ({ value: manager.id, label: { text: manager.name } }))]}
      />
    </Form>
  )
}

function Result({ outcome, takeBack: back, close }: { outcome: Outcome; takeBack(): void; close(): void }) {
  const say = useText()
  const { changed, unchanged, refused, notReached, error } = outcome
  const problem = error ? describe(error, say) : null
  return (
    <Stack>
      <ul className={css.result}>
        <li>{say('customers.bulk.changed', { count: changed })}</li>
        {unchanged > 0 && <li>{say('customers.bulk.unchanged', { count: unchanged })}</li>}
        {refused.length > 0 && <li>{say('customers.bulk.refused', { count: refused.length })}</li>}
        {notReached > 0 && <li>{say('customers.bulk.not-reached', { count: notReached })}</li>}
      </ul>
      {refused.length > 0 && (
        <ul className={css.refused}>
          {refused.slice(0, shownRefusals).map(({ id, company, code }) => (
            <li key={id}>{company && <><Link to={paths.customer({ customerId: id })}>{company}</Link>{' '}</>}<span className="quiet">{say(`problem.${code}`)}</span></li>
          ))}
          {refused.length > shownRefusals && <li className="quiet">{say('customers.bulk.and-more', { count: refused.length - shownRefusals })}</li>}
        </ul>
      )}
      {problem && <Notice tone="action-required" title={{ text: problem.title }}>{problem.remedy}</Notice>}
      <Line>
        <Button kind="primary" onClick={close}>{say('kit.close')}</Button>
        {outcome.undo.length > 0 && <Button onClick={back}>{say('kit.undo')}</Button>}
      </Line>
    </Stack>
  )
}
