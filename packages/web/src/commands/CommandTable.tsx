import { commandsApi, commandSteps, type Command } from '@vigie/domain/commands'
import type { ReactNode } from 'react'
import {
  columns,
  CopyText,
  DataTable,
  Empty,
  Facts,
  Link,
  Part,
  paths,
  query,
  SidePanel,
  sortedBy,
  Stack,
  useActor,
  useAddress,
  useLoaded,
  useText,
  type Filter,
} from '../kit/index.ts'
import { CommandSteps } from './CommandSteps.tsx'
import { CommandOutcome, CommandStepTag } from './outcome.tsx'

interface Fixed {
  customerId?: string
  productId?: string
}
export const commandList = (fixed: Fixed = {}) => query(commandsApi.listCommands).list(sortedBy('-sentAt', fixed as Record<string, string>))

const column = columns<Command>('commands.column')
const stepFilter: Filter = {
  key: 'step',
  label: 'commands.column.step',
  options: commandSteps.map((step) => ({ value: step, label: `command-step.${step}` })),
}
const type = column.cell('type', (command) => <TypeWord type={command.type} />, { main: true, width: 215 })
const step = column.cell('step', (command) => <CommandStepTag step={command.step} />, { width: 235 })
const agent = column.text('agentName', undefined, { width: 130 })
const outcome = column.cell('outcome', (command) => <CommandOutcome command={command} />)
const sentAt = column.ago('sentAt', { sort: 'sentAt', width: 105 })
const sentBy = column.text('sentBy', undefined, { width: 125 })
const customer = column.cell(
  'customerName',
  (command) => <Link to={paths.customer({ customerId: command.customerId })}>{command.customerName}</Link>,
  { width: 150 },
)
const shown = { all: [type, step, customer, agent, outcome, sentBy, sentAt], product: [type, step, agent, outcome, sentBy, sentAt] }

function TypeWord({ type: commandType }: { type: string }) {
  return <>{useText()(`command.${commandType}`)}</>
}

/** Commands with their verified outcome (AGT-3), the opened one beside. @param fixed what this list is about; nothing: all */
export function CommandTable({ fixed = {}, filters = [] }: { fixed?: Fixed; filters?: Filter[] }) {
  const at = useAddress()
  const list = useLoaded(commandList(fixed))
  return (
    <>
      <DataTable
        {...list}
        name="commands.title"
        columns={fixed.productId || fixed.customerId ? shown.product : shown.all}
        sort="-sentAt"
        filters={[stepFilter, ...filters]}
        opens={(command) => `?command=${command.id}`}
        openId={at.search['command']}
        empty={<Empty icon="play" title="commands.none" about="commands.none.about" />}
      />
      <SidePanel param="command" label="commands.one" ids={list.rows.map((command) => command.id)}>
        {(id) => (
          <Part key={id}>
            <CommandDetail commandId={id} />
          </Part>
        )}
      </SidePanel>
    </>
  )
}

function CommandDetail({ commandId }: { commandId: string }) {
  const say = useText()
  const actor = useActor()
  const command = useLoaded(query(commandsApi.getCommand).with({ params: { commandId } }))
  return (
    <Stack>
      <div>
        <h2>{say(`command.${command.type}`)}</h2>
        <p className="quiet">{say(`command.${command.type}.about`)}</p>
      </div>
      <Facts
        facts={[
          ['commands.column.step', <CommandStepTag key="step" step={command.step} />],
          [
            'common.customer',
            <Link key="customer" to={paths.customer({ customerId: command.customerId })}>
              {command.customerName}
            </Link>,
          ],
          [
            'common.agent',
            <Link key="agent" to={paths.product({ productId: command.productId, tab: 'agents' })}>
              {command.agentName}
            </Link>,
          ],
          ['commands.column.sentBy', command.sentBy],
          ...(command.eventId !== null && actor.can('event.read')
            ? [
                [
                  'commands.for-event',
                  <Link key="event" to={paths.event({ eventId: command.eventId })}>
                    {say('commands.for-event.open')}
                  </Link>,
                ] as [string, ReactNode],
              ]
            : []),
          ['commands.id', <CopyText key="id" text={command.id} />],
        ]}
      />
      <div>
        <h3>{say('commands.steps')}</h3>
        <CommandSteps command={command} />
      </div>
    </Stack>
  )
}
