import { categoryGroups } from '@vigie/domain/categories'
import { customersApi } from '@vigie/domain/customers'
import { maintenanceApi, type MaintenanceWindow } from '@vigie/domain/maintenance'
import { Problem } from '@vigie/domain/kernel'
import { useState } from 'react'
import {
  api,
  Button,
  CheckboxField,
  FieldGroup,
  Form,
  Notice,
  Page,
  Panel,
  paths,
  query,
  queryClient,
  Section,
  Stack,
  TextareaField,
  TextField,
  toast,
  trouble,
  useActor,
  useAddress,
  useForm,
  useGo,
  useLoaded,
  useText,
  type Address,
} from '../kit/index.ts'
import { dayOf } from '../kit/time.ts'
import css from './maintenance.module.css'
import { Occurrences } from './Occurrences.tsx'
import { bodyOf, newPlan, planOf, rename, shapeOf, whenOf, whenShape, type Plan } from './plan.ts'
import { TargetFields } from './TargetFields.tsx'
import { WhenFields } from './WhenFields.tsx'

const one = (windowId: string) => query(maintenanceApi.getWindow).with({ params: { windowId } })
const ofCustomer = (customerId: string) => query(customersApi.getCustomer).with({ params: { customerId } })
const isNew = (at: Address) => at.params['windowId'] === 'new'
export const loader = async (at: Address) => {
  const { customerId } = at.search
  if (!isNew(at)) await queryClient.ensureQueryData({ ...one(at.params['windowId']!), revalidateIfStale: true })
  else if (customerId) await queryClient.ensureQueryData(ofCustomer(customerId))
}

/** EVT-9: plans a window or changes one. `?customerId=`, `productId`, `group`: of what it is planned. */
export default function WindowPage() {
  const say = useText()
  const at = useAddress()
  if (!isNew(at)) return <OldWindow windowId={at.params['windowId']!} />
  const { customerId } = at.search
  const key = JSON.stringify(at.search)
  return customerId ? <NewOfCustomer key={key} customerId={customerId} /> : <NewWindow key={key} timeZone={say.timeZone} />
}

/** Planned by the clock of the place. */
function NewOfCustomer({ customerId }: { customerId: string }) {
  return <NewWindow timeZone={useLoaded(ofCustomer(customerId)).timeZone} />
}

function NewWindow({ timeZone }: { timeZone: string }) {
  const { search } = useAddress()
  const { customerId = null, productId = null, group = null, endpointId, endpoint = '' } = search
  const actor = useActor()
  const target = endpointId
    ? 'endpoints'
    : group
      ? 'group'
      : productId
        ? 'product'
        : customerId || actor.account.scope !== null
          ? 'customer'
          : 'all'
  return (
    <Editor
      title="maintenance.new"
      start={newPlan(dayOf(new Date().toISOString(), timeZone), timeZone, {
        target,
        customerId,
        productId,
        group,
        endpoints: endpointId ? [{ id: endpointId, name: endpoint }] : [],
      })}
      window={null}
      reload={async () => {}}
    />
  )
}

function OldWindow({ windowId }: { windowId: string }) {
  const window = useLoaded(one(windowId))
  // what it began with stays what is compared: somebody else's change is told when one saves
  const [start, setStart] = useState<MaintenanceWindow>(window)
  const reload = async () => {
    try {
      setStart(await api(maintenanceApi.getWindow).call({ params: { windowId } }))
    } catch (error) {
      trouble(error)
    }
  }
  return <Editor key={start.version} title={{ text: start.name }} start={planOf(start)} window={start} reload={reload} />
}

function Editor({
  title,
  start,
  window,
  reload,
}: {
  title: string | { text: string }
  start: Plan
  window: MaintenanceWindow | null
  reload(): Promise<void>
}) {
  const say = useText()
  const go = useGo()
  const [hasChanged, setChanged] = useState(false)
  const form = useForm<Plan, MaintenanceWindow | null>({
    initial: start,
    shape: shapeOf,
    rename,
    submit: async (plan, intent) => {
      const body = bodyOf(plan)
      if (window === null) return await api(maintenanceApi.createWindow).call({ body }, { intent })
      try {
        return await api(maintenanceApi.updateWindow).call({ params: { windowId: window.id }, body }, { version: window.version })
      } catch (error) {
        if (!(error instanceof Problem && error.code === 'request.changed-meanwhile')) throw error
        setChanged(true)
        return null
      }
    },
    onDone: (saved) => {
      if (saved === null) return
      toast(window === null ? 'maintenance.planned' : 'kit.saved')
      void go(paths.maintenance({ window: saved.id }))
    },
  })
  const plan = form.values
  const isReady = whenShape(plan).safeParse(plan).success
  return (
    <Page
      title={title}
      crumbs={[
        { label: 'shell.administration', to: paths.administration() },
        { label: 'maintenance.title', to: paths.maintenance() },
      ]}
      narrow
    >
      <Form
        form={form}
        action={window === null ? 'maintenance.plan' : 'kit.save'}
        secondary={
          <Button onClick={() => void go(paths.maintenance(window === null ? {} : { window: window.id }))}>{say('kit.cancel')}</Button>
        }
      >
        {hasChanged && (
          <Notice tone="warning" title="problem.request.changed-meanwhile">
            <Button size="small" onClick={() => void reload()}>
              {say('maintenance.reload')}
            </Button>
          </Notice>
        )}
        <div className={css.sections}>
          <Panel>
            <Stack>
              <TextField name="name" label="maintenance.name" isRequired placeholder="maintenance.name.example" />
              <TextareaField name="reason" label="maintenance.reason" isOptional rows={2} />
            </Stack>
          </Panel>
          <Section title="maintenance.whose">
            <Panel>
              <Stack>
                <TargetFields />
              </Stack>
            </Panel>
          </Section>
          <Section title="maintenance.silences" about="maintenance.silences.about">
            <Panel>
              <FieldGroup title="maintenance.silences.groups">
                <div className={css.choices}>
                  {categoryGroups
                    .toSorted((a, b) => order.indexOf(a) - order.indexOf(b))
                    .map((group) => (
                      <CheckboxField
                        key={group}
                        name={fieldOf[group]}
                        label={`category-group.${group}`}
                        help={`maintenance.silences.${group}`}
                      />
                    ))}
                </div>
              </FieldGroup>
            </Panel>
          </Section>
          <Section title="maintenance.when">
            <Panel>
              <Stack>
                <WhenFields />
              </Stack>
            </Panel>
          </Section>
          <Section
            title="maintenance.preview"
            about={{ key: 'maintenance.preview.about', values: { zone: plan.timeZone.replaceAll('_', ' ') } }}
          >
            <Panel>
              {isReady ? (
                <Occurrences {...(whenOf(plan) as Pick<MaintenanceWindow, 'schedule' | 'durationMinutes' | 'timeZone'>)} />
              ) : (
                <p className="quiet">{say('maintenance.preview.incomplete')}</p>
              )}
            </Panel>
          </Section>
        </div>
      </Form>
    </Page>
  )
}

/** What maintenance is mostly about first. */
const order = ['system', 'threat', 'licence']
const fieldOf = { threat: 'silencesThreat', system: 'silencesSystem', licence: 'silencesLicence' } as const
