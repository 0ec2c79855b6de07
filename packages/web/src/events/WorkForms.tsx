import { TextInput } from '@mantine/core'
import { boundsUnlessWorse, eventsApi, isThreshold, lessIsWorse, type Event } from '@vigie/domain/events'
import * as z from 'zod'
import {
  Button,
  FieldRow,
  Form,
  NumberField,
  query,
  SelectField,
  TextareaField,
  useActor,
  useField,
  useForm,
  useFormState,
  useQuietly,
  useText,
} from '../kit/index.ts'
import type { Change } from './bulk.ts'
import { useWakes } from './SilenceNotice.tsx'
import { spans, untilOf } from './until.ts'

const nobody = 'nobody'
const assignees = query(eventsApi.listAssignees).with({})
interface Props {
  events: readonly Event[]
  run(change: Change): Promise<void>
  close(): void
}

/** Oneself first: that is the usual case. */
function usePeople() {
  const { account } = useActor()
  const rows = useQuietly(assignees)?.rows ?? []
  const me = rows.find(({ id }) => id === account.id)
  const named = [...(me ? [me] : []), ...rows.filter((row) => row !== me)].map(({ id, name }) => ({ value: id, label: { text: name } }))
  return { me: account.id, people: named }
}

export function AssignForm({ events, run, close }: Props) {
  const say = useText()
  const { me, people } = usePeople()
  const present = events.length === 1 ? events[0]!.assignee?.id : undefined
  const form = useForm({
    initial: { assignee: present ?? me },
    shape: z.object({ assignee: z.string() }),
    submit: ({ assignee }) => run({ kind: 'assign', accountId: assignee === nobody ? null : assignee }),
  })
  return (
    <Form form={form} unguarded action="events.assign" secondary={<Button onClick={close}>{say('kit.cancel')}</Button>}>
      <SelectField
        name="assignee"
        label="events.column.assignee"
        help="events.assign.help"
        isRequired
        isSearchable
        options={[...people, { value: nobody, label: 'events.nobody' }]}
      />
    </Form>
  )
}

const shape = z
  .object({
    span: z.string(),
    day: z.string(),
    reason: z.string().trim().min(1).max(1000),
    unless: z.string(),
    figure: z.string(),
    value: z.number().nullable(),
    owner: z.string(),
  })
  .superRefine((values, context) => {
    if (values.span === 'day' && values.day === '')
      context.addIssue({ code: 'custom', path: ['day'], message: 'required', params: { code: 'required' } })
    if (values.unless === 'value' && values.value === null)
      context.addIssue({ code: 'custom', path: ['value'], message: 'required', params: { code: 'required' } })
  })

/** EVT-9: reason, end, owner, and what wakes it before. */
export function SilenceForm({ kind, events, isOne, run, close }: Props & { kind: 'snoozed' | 'accepted'; isOne: boolean }) {
  const say = useText()
  const { me, people } = usePeople()
  const figures =
    isOne && events[0] ? Object.entries(events[0].figures).filter(([name, value]) => !isThreshold(name) && typeof value === 'number') : []
  const first = figures[0]
  const form = useForm({
    initial: {
      span: kind === 'snoozed' ? '24' : '2160',
      day: '',
      reason: '',
      unless: 'worse',
      figure: first?.[0] ?? '',
      value: (first?.[1] ?? null) as number | null,
      owner: me,
    },
    shape,
    rename: { until: 'span' },
    submit: ({ span, day, reason, unless, figure, value, owner }) =>
      run({
        kind: 'silence',
        silence: {
          kind,
          reason,
          until: untilOf(span, day, say.timeZone, Date.now()),
          ...(owner === me ? {} : { ownerId: owner }),
          unless: unless === 'never' ? null : unless === 'value' ? { figure, value: value! } : 'worse',
        },
      }),
  })
  return (
    <Form form={form} unguarded action={`events.bulk.go.${kind}`} secondary={<Button onClick={close}>{say('kit.cancel')}</Button>}>
      <p className="quiet">{say(`events.silence.about.${kind}`)}</p>
      <FieldRow>
        <SelectField
          name="span"
          label="events.silence.until"
          isRequired
          options={spans[kind].map((value) => ({ value, label: `events.silence.span.${value}` }))}
        />
        <Day />
      </FieldRow>
      <TextareaField name="reason" label="events.silence.reason" isRequired />
      <SelectField
        name="unless"
        label="events.silence.unless"
        help={isOne ? 'events.silence.unless.help' : 'events.silence.unless.many'}
        isRequired
        options={[
          { value: 'worse', label: 'events.silence.unless.worse' },
          ...(figures.length > 0 ? [{ value: 'value', label: 'events.silence.unless.value' }] : []),
          { value: 'never', label: 'events.silence.unless.never' },
        ]}
      />
      <Bound figures={figures.map(([name]) => name)} />
      {isOne && events[0] && <Wakes event={events[0]} />}
      <SelectField
        name="owner"
        label="events.silence.owner"
        help="events.silence.owner.help"
        isRequired
        isSearchable
        options={people.length > 0 ? people : [{ value: me, label: { text: '…' } }]}
      />
    </Form>
  )
}

/** A day of one's own choice: until its end, in the person's time zone. */
function Day() {
  const say = useText()
  const field = useField<string>('day')
  const { values } = useFormState()
  if (values.span !== 'day') return null
  return (
    <TextInput
      id={field.id}
      type="date"
      label={say('events.silence.day')}
      required
      withAsterisk={false}
      min={new Date().toLocaleDateString('sv')}
      value={field.value}
      onChange={(event) => field.set(event.currentTarget.value)}
      error={field.error}
    />
  )
}

/** What "worse" comes to with the figures of this event. */
function Wakes({ event }: { event: Event }) {
  const { values } = useFormState()
  const words = useWakes()(event.figures, boundsUnlessWorse(event.figures))
  return values.unless === 'worse' && words !== null ? <p className="quiet">{words}</p> : null
}

function Bound({ figures }: { figures: readonly string[] }) {
  const say = useText()
  const { values } = useFormState()
  if (values.unless !== 'value') return null
  const label = (name: string) => (say.has(`figure-name.${name}`) ? { text: say(`figure-name.${name}`) } : { text: name })
  return (
    <FieldRow>
      <SelectField
        name="figure"
        label="events.silence.figure"
        isRequired
        options={figures.map((value) => ({ value, label: label(value) }))}
      />
      <NumberField name="value" label={lessIsWorse(String(values.figure)) ? 'events.silence.below' : 'events.silence.above'} isRequired />
    </FieldRow>
  )
}
