import { canGiveUp, identityApi, type ConnectionSwitch, type SwitchAgent } from '@vigie/domain/identity'
import { useState } from 'react'
import {
  Ago,
  Button,
  columns,
  confirm,
  DataTable,
  Empty,
  Facts,
  Form,
  Line,
  Notice,
  Part,
  query,
  Section,
  Stack,
  StateTag,
  TextField,
  toast,
  useAction,
  useActor,
  useForm,
  useFormat,
  useLoaded,
  useText,
} from '../kit/index.ts'
import { stepTones } from './words.ts'

const column = columns<SwitchAgent>('identity.switch-agent')
const shown = [
  column.cell('name', (agent) => <span title={agent.name}>{agent.name}</span>, { main: true, minWidth: 110 }),
  column.cell('step', (agent) => <StateTag label={`switch-step.${agent.step}`} tone={stepTones[agent.step]} />, { width: 150 }),
  column.cell('reason', (agent) => <Reason reason={agent.reason} />, { minWidth: 120 }),
]
function Reason({ reason }: { reason: string | null }) {
  const say = useText()
  return reason === null ? (
    <span className="faint" data-nothing="">
      –
    </span>
  ) : (
    <span>{say(`command-reason.${reason}`)}</span>
  )
}

/** How one switch stands, who decides what now, and where each agent is. */
export function SwitchDetail({ one }: { one: ConnectionSwitch }) {
  const say = useText()
  const actor = useActor()
  const { moment, number } = useFormat()
  const givingUp = useAction(identityApi.giveUpSwitch)
  const giveUp = () =>
    confirm({
      title: { key: 'identity.switch.give-up.title', values: { product: one.productName } },
      consequence: 'identity.switch.give-up.consequence',
      action: 'identity.switch.give-up',
      async run() {
        await givingUp.run({ params: { switchId: one.id } })
        toast('identity.switch.given-up')
      },
    })
  return (
    <Stack>
      <div>
        <h2>{one.productName}</h2>
        <p className="quiet">{say('identity.switch.way', { server: one.server })}</p>
      </div>
      <Notice
        tone={one.troubledCount > 0 ? 'warning' : canGiveUp(one.state) || one.state === 'switching' ? 'pending' : 'plain'}
        title={`switch-state.${one.state}`}
      >
        {one.cause !== null && <p>{say(`switch-cause.${one.cause}`)}</p>}
        <p>{say(`switch-state.${one.state}.about`)}</p>
      </Notice>
      {one.state === 'waiting' && actor.can('order.approve') && !one.isOwn && <Judging one={one} />}
      {actor.can('agent.move') && (
        <Line>
          <Button size="small" disabledReason={canGiveUp(one.state) ? undefined : say('problem.switch.not-possible-now')} onClick={giveUp}>
            {say('identity.switch.give-up')}
          </Button>
        </Line>
      )}
      <Facts
        facts={[
          [
            'identity.switch.server',
            <span key="server" className="mono">
              {one.server}
            </span>,
          ],
          [
            'identity.switch.prepared',
            <span key="prepared" className="figures">
              {number(one.preparedCount)} / {number(one.agentCount)}
            </span>,
          ],
          [
            'identity.switch.switched',
            <span key="switched" className="figures">
              {number(one.switchedCount)} / {number(one.agentCount)}
            </span>,
          ],
          ['identity.switch.starts', one.startsAt && one.state === 'delayed' ? moment(one.startsAt) : null],
          ['identity.switch.until', canGiveUp(one.state) ? moment(one.expiresAt) : null],
          ['identity.move.reason', one.reason],
          ['identity.switch-column.createdAt', <Ago key="created" at={one.createdAt} />],
          ['identity.switch-column.createdBy', one.createdBy],
          ['identity.switch.approved-by', one.approvedBy],
        ]}
      />
      {one.state === 'done' && <p className="quiet">{say('identity.switch.way-back')}</p>}
      <Section title="identity.move.agents">
        <Agents switchId={one.id} />
      </Section>
    </Stack>
  )
}

/** By name, as many as a page holds; those after `cursor`. */
function Agents({ switchId, cursor }: { switchId: string; cursor?: string }) {
  const say = useText()
  const [isMore, setMore] = useState(false)
  const { rows, nextCursor } = useLoaded(
    query(identityApi.listSwitchAgents).with({
      params: { switchId },
      query: { limit: '200' as never, sort: 'name', ...(cursor === undefined ? {} : { cursor }) },
    }),
  )
  return (
    <Stack>
      <DataTable
        name="switch-agents"
        rows={rows}
        rowId={({ id }) => id}
        columns={shown}
        empty={<Empty icon="inventory" title="identity.switch-agents.none" />}
      />
      {nextCursor !== null && !isMore && (
        <div>
          <Button size="small" onClick={() => setMore(true)}>
            {say('identity.switch-agent.more')}
          </Button>
        </div>
      )}
      {nextCursor !== null && isMore && (
        <Part>
          <Agents switchId={switchId} cursor={nextCursor} />
        </Part>
      )}
    </Stack>
  )
}

/** R16: a second person looks at where they go, and proves to be there. */
function Judging({ one }: { one: ConnectionSwitch }) {
  const say = useText()
  const actor = useActor()
  const judge = useAction(identityApi.judgeSwitch)
  const [isAsked, setAsked] = useState(false)
  const form = useForm({
    initial: { code: '' },
    submit: ({ code }, intent) => judge.run({ params: { switchId: one.id }, body: { isApproved: true, code } }, { intent }),
  })
  const refuse = () =>
    confirm({
      title: 'identity.switch.refuse.title',
      consequence: 'identity.switch.refuse.about',
      action: 'identity.switch.refuse',
      run: () => judge.run({ params: { switchId: one.id }, body: { isApproved: false } }),
    })
  return (
    <Notice tone="warning" title={{ key: 'identity.switch.judge.title', values: { name: one.createdBy } }}>
      <Stack>
        <p>{say('identity.switch.judge.about', { agents: one.agentCount, server: one.server })}</p>
        {isAsked ? (
          <Form
            form={form}
            action="identity.switch.approve"
            isDangerous
            unguarded
            secondary={<Button onClick={() => setAsked(false)}>{say('kit.cancel')}</Button>}
          >
            <TextField name="code" label="identity.switch.factor" inputMode="numeric" autoComplete="one-time-code" autoFocus isRequired />
          </Form>
        ) : (
          <Line>
            <Button
              kind="primary"
              onClick={() => setAsked(true)}
              disabledReason={actor.account.hasMfa ? undefined : say('problem.mfa.needed-here')}
            >
              {say('identity.switch.approve')}
            </Button>
            <Button onClick={refuse}>{say('identity.switch.refuse')}</Button>
          </Line>
        )}
      </Stack>
    </Notice>
  )
}
