import { Autocomplete, Checkbox, TextInput } from '@mantine/core'
import { activities, consentApi, ConsentInput, mostDocumentBytes, type Activity } from '@vigie/domain/consent'
import {
  Button,
  Dialog,
  FieldRow,
  Form,
  Notice,
  TextField,
  toast,
  useAction,
  useField,
  useForm,
  useText,
  type Label,
} from '../kit/index.ts'
import css from './consent.module.css'
import { fileContent } from './file-content.ts'

interface Props {
  customerId: string
  company: string
  /** The customer's contacts: whom one will likely name. */
  people: readonly string[]
  decision: 'given' | 'withdrawn'
  activities: Activity[]
  close(): void
}

/** One paper, several activities; a withdrawal says first what will happen. */
export function ConsentDialog({ customerId, company, people, decision, activities: chosen, close }: Props) {
  const say = useText()
  const recording = useAction(consentApi.recordConsent)
  const form = useForm({
    initial: {
      activities: chosen,
      decision,
      saidBy: '',
      saidOn: new Date().toLocaleDateString('sv'),
      reference: '',
      document: null as { name: string; content: string } | null,
    },
    shape: ConsentInput,
    submit: (body, intent) => recording.run({ params: { customerId }, body }, { intent }),
    onDone: ({ cancelledCommands, leftRunning }) => {
      toast(
        decision === 'given'
          ? 'consent.recorded.done'
          : { key: 'consent.withdrawn.done', values: { cancelled: cancelledCommands, running: leftRunning } },
      )
      close()
    },
  })
  const isWithdrawal = decision === 'withdrawn'
  return (
    <Dialog
      title={say(isWithdrawal ? 'consent.withdraw.title' : 'consent.record.title', { customer: company })}
      closeLabel={say('kit.close')}
      onClose={close}
      size={640}
    >
      <Form
        form={form}
        unguarded
        isDangerous={isWithdrawal}
        action={{ key: isWithdrawal ? 'consent.withdraw.many' : 'consent.record.many', values: { count: form.values.activities.length } }}
        secondary={<Button onClick={close}>{say('kit.cancel')}</Button>}
      >
        {isWithdrawal && (
          <Notice tone="warning" title="consent.withdraw.what">
            <ul className={css.effects}>
              <li>{say('consent.withdraw.commands')}</li>
              <li>{say('consent.withdraw.running')}</li>
              <li>{say('consent.withdraw.views')}</li>
              {form.values.activities.includes('view-addresses') && <li>{say('consent.withdraw.addresses')}</li>}
              <li>{say('consent.withdraw.undo')}</li>
            </ul>
          </Notice>
        )}
        <Activities />
        <FieldRow>
          <Person people={people} />
          <DayField name="saidOn" label="consent.column.saidOn" />
        </FieldRow>
        <TextField name="reference" label="consent.column.reference" help="consent.reference.help" isOptional />
        <DocumentField />
      </Form>
    </Dialog>
  )
}

function Activities() {
  const say = useText()
  const field = useField<Activity[]>('activities')
  const isAll = field.value.length === activities.length
  return (
    <fieldset className={css.activities}>
      <legend>{say('consent.activities')}</legend>
      <Checkbox
        label={say('consent.all')}
        checked={isAll}
        indeterminate={!isAll && field.value.length > 0}
        onChange={() => field.set(isAll ? [] : [...activities])}
      />
      <Checkbox.Group
        value={field.value}
        onChange={(value) => field.set(activities.filter((activity) => value.includes(activity)))}
        error={field.error}
      >
        <div className={css.choices}>
          {activities.map((activity) => (
            <Checkbox key={activity} value={activity} label={say(`activity.${activity}`)} title={say(`activity.${activity}.about`)} />
          ))}
        </div>
      </Checkbox.Group>
    </fieldset>
  )
}

/** A contact, or anybody: the name is kept as text. */
function Person({ people }: { people: readonly string[] }) {
  const say = useText()
  const field = useField<string>('saidBy')
  return (
    <Autocomplete
      id={field.id}
      label={say('consent.said-by')}
      required
      withAsterisk={false}
      autoComplete="off"
      data={[...new Set(people)]}
      value={field.value}
      onChange={field.set}
      error={field.error}
      data-autofocus
    />
  )
}

function DayField({ name, label }: { name: string; label: Label }) {
  const say = useText()
  const field = useField<string>(name)
  return (
    <TextInput
      id={field.id}
      type="date"
      label={say(label)}
      required
      withAsterisk={false}
      max={new Date().toLocaleDateString('sv')}
      value={field.value}
      onChange={(event) => field.set(event.currentTarget.value)}
      error={field.error}
    />
  )
}

/** A PDF or PNG; too large or another kind is told at once, the server looks again. */
function DocumentField() {
  const say = useText()
  const field = useField<{ name: string; content: string } | null>('document')
  const size = useField<string | undefined>('document.content')
  const error = field.error ?? size.error
  const choose = async (file: File | undefined) =>
    field.set(file === undefined ? null : { name: file.name.slice(0, 120), content: await fileContent(file, mostDocumentBytes) })
  return (
    <div className={css.file}>
      <label htmlFor={field.id}>{say('kit.form.optional', { label: say('consent.document') })}</label>
      <p className="quiet" id={`${field.id}-help`}>
        {say('consent.document.help')}
      </p>
      <input
        id={field.id}
        type="file"
        accept="application/pdf,image/png"
        aria-describedby={`${field.id}-help`}
        aria-invalid={error !== undefined || undefined}
        onChange={(event) => void choose(event.currentTarget.files?.[0])}
      />
      {error && <p className={css.error}>{error}</p>}
    </div>
  )
}
