import { TextInput } from '@mantine/core'
import { AlertInput, alertLevels, alertPlatforms, longestAlertDays, outbreakApi, type VirusAlert } from '@vigie/domain/outbreak'
import { Problem } from '@vigie/domain/kernel'
import { useState } from 'react'
import {
  api,
  Button,
  CheckboxField,
  ChoiceField,
  FieldGroup,
  Form,
  Notice,
  NumberField,
  Page,
  Panel,
  paths,
  query,
  queryClient,
  Section,
  Stack,
  TagsField,
  TextareaField,
  TextField,
  toast,
  useAddress,
  useField,
  useForm,
  useFormat,
  useGo,
  useLoaded,
  useText,
  type Address,
  type Label,
} from '../kit/index.ts'
import { formOf, inputOf, type AlertForm } from './alert-form.ts'
import css from './outbreak.module.css'

const one = (alertId: string) => query(outbreakApi.getAlert).with({ params: { alertId } })
export const loader = async (at: Address) => {
  if (at.params['alertId']) await queryClient.ensureQueryData({ ...one(at.params['alertId']), revalidateIfStale: true })
}

/** EVT-5: declares an alert, or changes one. */
export default function AlertFormPage() {
  const { params } = useAddress()
  return params['alertId'] ? <Known alertId={params['alertId']} /> : <Editor alert={null} />
}

function Known({ alertId }: { alertId: string }) {
  const alert = useLoaded(one(alertId))
  const [start] = useState<VirusAlert>(alert)
  return <Editor alert={start} />
}

function Editor({ alert }: { alert: VirusAlert | null }) {
  const say = useText()
  const go = useGo()
  const { moment } = useFormat()
  const [hasChanged, setChanged] = useState(false)
  const back = alert === null ? paths.virusAlerts() : paths.virusAlert({ alertId: alert.id })
  const form = useForm<AlertForm, VirusAlert | null>({
    initial: formOf(alert, new Date()),
    shape: () => AlertInput.omit({ endsAt: true }).loose() as never,
    submit: async (values, intent) => {
      const body = inputOf(values, new Date())
      if (alert === null) return await api(outbreakApi.declareAlert).call({ body }, { intent })
      try {
        return await api(outbreakApi.updateAlert).call({ params: { alertId: alert.id }, body }, { version: alert.version })
      } catch (error) {
        if (!(error instanceof Problem && error.code === 'request.changed-meanwhile')) throw error
        setChanged(true)
        return null
      }
    },
    rename: { endsAt: 'days' },
    onDone: (saved) => {
      if (saved === null) return
      toast(alert === null ? 'outbreak.declared' : 'kit.saved')
      void go(paths.virusAlert({ alertId: saved.id }))
    },
  })
  return (
    <Page
      title={alert === null ? 'outbreak.declare' : { text: alert.name }}
      {...(alert === null ? { about: 'outbreak.declare.about' } : {})}
      crumbs={[{ label: 'outbreak.title', to: paths.virusAlerts() }]}
      narrow
    >
      <Form
        form={form}
        action={alert === null ? 'outbreak.declare' : 'kit.save'}
        isDangerous={alert === null && form.values.level === 'red'}
        secondary={<Button onClick={() => void go(back)}>{say('kit.cancel')}</Button>}
      >
        {hasChanged && (
          <Notice tone="warning" title="problem.request.changed-meanwhile">
            {say('remedy.reload-and-redo')}
          </Notice>
        )}
        <Panel>
          <Stack>
            <TextField name="name" label="outbreak.column.name" help="outbreak.name.help" isRequired />
            <ChoiceField
              name="level"
              label="outbreak.column.level"
              options={alertLevels.map((level) => ({ value: level, label: `outbreak.level.${level}` }))}
            />
            <NumberField
              name="days"
              label="outbreak.days"
              help={
                alert === null
                  ? { key: 'outbreak.days.help', values: { max: longestAlertDays } }
                  : { key: 'outbreak.days.change-help', values: { at: moment(alert.endsAt), max: longestAlertDays } }
              }
              min={1}
              max={longestAlertDays}
              isRequired
            />
            <TextareaField name="advice" label="outbreak.advice" help="outbreak.advice.help" isOptional rows={3} />
          </Stack>
        </Panel>
        <Section title="outbreak.whom" about="outbreak.whom.about">
          <Panel>
            <Stack>
              <FieldGroup title="outbreak.platforms">
                <div className={css.checks}>
                  {alertPlatforms.map((platform) => (
                    <CheckboxField key={platform} name={platform} label={`alert-platform.${platform}`} />
                  ))}
                </div>
              </FieldGroup>
              <DayField name="recognisedOn" label="outbreak.recognised-from" help="outbreak.recognised-from.help" />
              <TagsField name="threats" label="outbreak.threats" help="outbreak.threats.help" isOptional />
            </Stack>
          </Panel>
        </Section>
        <Section title="outbreak.closes" about="outbreak.closes.about">
          <Panel>
            <Stack>
              <TagsField name="ports" label="outbreak.ports" help="outbreak.ports.help" isOptional maxTags={100} />
              <TagsField name="folders" label="outbreak.folders" help="outbreak.cannot-yet" isOptional maxTags={100} />
              <TagsField name="attachments" label="outbreak.attachments" help="outbreak.cannot-yet" isOptional maxTags={100} />
            </Stack>
          </Panel>
        </Section>
      </Form>
    </Page>
  )
}

/** A day, empty where nothing recognises it yet. */
function DayField({ name, label, help }: { name: string; label: Label; help: string }) {
  const say = useText()
  const field = useField<string>(name)
  return (
    <TextInput
      id={field.id}
      type="date"
      label={say('kit.form.optional', { label: say(label) })}
      description={say(help)}
      value={field.value}
      onChange={(event) => field.set(event.currentTarget.value)}
      error={field.error}
    />
  )
}
