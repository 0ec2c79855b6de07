import type { Duplicate, Twin } from '@vigie/domain/identity'
import { Addresses } from '../consent/index.ts'
import { AgentStateTag, Ago, Button, Facts, Line, Link, Notice, paths, Stack, useText, type Action, labelKey } from '../kit/index.ts'

/** The two side by side, why they are thought to be one, what Vigie did, and what one can do. */
export function DuplicateDetail({ duplicate, actions }: { duplicate: Duplicate; actions: Action[] }) {
  const say = useText()
  const { endpoints, evidence, state } = duplicate
  return (
    <Stack>
      <div>
        <h2>
          {endpoints[0].name === endpoints[1].name
            ? endpoints[0].name
            : say('identity.two', { one: endpoints[0].name, other: endpoints[1].name })}
        </h2>
        <p className="quiet">{duplicate.customerName}</p>
      </div>
      <Notice tone={state === 'suspected' ? 'warning' : 'plain'} title={`identity.done.${state}`}>
        <p>
          {state === 'kept-apart'
            ? say('identity.done.kept-apart.about', { who: duplicate.decidedBy ?? '' })
            : say(`identity.done.${state}.about`)}
        </p>
      </Notice>
      {actions.length > 0 && (
        <Line>
          {actions.map((action) => (
            <Button
              key={labelKey(action.label)}
              size="small"
              {...(action.icon ? { icon: action.icon } : {})}
              disabledReason={action.disabledReason === undefined ? undefined : say(action.disabledReason)}
              onClick={action.onSelect}
            >
              {say(action.label)}
            </Button>
          ))}
        </Line>
      )}
      {evidence.length > 0 && (
        <div>
          <h3>{say('identity.column.evidence')}</h3>
          <Facts
            facts={evidence.map((one) => [
              say.has(`duplicate-evidence.${one}`) ? `duplicate-evidence.${one}` : { text: one },
              say(`duplicate-evidence.${one}.about`),
            ])}
          />
        </div>
      )}
      {endpoints.map((twin, index) => (
        <One key={twin.endpointId} twin={twin} title={index === 0 ? 'identity.first' : 'identity.second'} />
      ))}
    </Stack>
  )
}

function One({ twin, title }: { twin: Twin; title: string }) {
  const say = useText()
  return (
    <div>
      <h3>{say(title)}</h3>
      <Facts
        facts={[
          [
            'common.endpoint',
            <Link key="endpoint" to={paths.endpoint({ endpointId: twin.endpointId })}>
              {twin.name}
            </Link>,
          ],
          [
            'common.product',
            <Link key="product" to={paths.product({ productId: twin.productId })}>
              {twin.productName}
            </Link>,
          ],
          ['inventory.column.state', <AgentStateTag key="state" state={twin.state} />],
          ['inventory.column.addresses', twin.addresses?.length === 0 ? null : <Addresses key="addresses" of={twin.addresses} />],
          ['inventory.column.platform', twin.platform],
          [
            'inventory.column.openInfections',
            <span key="infections" className="figures">
              {twin.openInfections}
            </span>,
          ],
          ['identity.first-seen', <Ago key="created" at={twin.createdAt} />],
          ['inventory.column.lastSeenAt', <Ago key="seen" at={twin.lastSeenAt} />],
        ]}
      />
    </div>
  )
}
