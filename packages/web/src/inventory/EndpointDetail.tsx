import { productsApi } from '@vigie/domain/products'
import { AddressesInFull } from '../consent/index.ts'
import { RecentDetections } from '../detections/index.ts'
import {
  AgentStateTag,
  Ago,
  Button,
  CopyText,
  Facts,
  Line,
  Link,
  Notice,
  Part,
  paths,
  query,
  Stack,
  StateTag,
  useActor,
  useFormat,
  useLoaded,
  useText,
  labelKey,
} from '../kit/index.ts'
import { AddressHistory } from './AddressHistory.tsx'
import { AgentVersionWord } from './AgentVersionWord.tsx'
import { LastScan, RealTimeScanTag } from './scan.tsx'
import { RecentCommands } from './RecentCommands.tsx'
import { useEndpointCommands } from './useEndpointCommands.ts'
import { GroupWord, InfectionCount, MissingProtectionTag, OutdatedTag, WhyOutdated } from './words.tsx'

/** All we know of one endpoint, what is wrong with it and the way out, and what it can be told now. */
export function EndpointDetail({ endpointId }: { endpointId: string }) {
  const say = useText()
  const actor = useActor()
  const { list } = useFormat()
  const endpoint = useLoaded(query(productsApi.getEndpoint).with({ params: { endpointId } }))
  const actions = useEndpointCommands()(endpoint)
  const { engine } = endpoint
  const { freshForSeconds } = endpoint
  return (
    <Stack>
      <div>
        <h2>{endpoint.name}</h2>
        <p className="quiet">{endpoint.platform}</p>
        {endpoint.formerNames.length > 0 && <p className="quiet">{say('inventory.former-names', { names: list(endpoint.formerNames) })}</p>}
      </div>
      {endpoint.state !== 'online' && endpoint.state !== 'plug-in-error' && (
        <Notice
          tone={endpoint.state === 'abnormal' || endpoint.state === 'version-mismatch' ? 'warning' : 'plain'}
          title={`agent-state.${endpoint.state}`}
        >
          <p>{say(`agent-state.${endpoint.state}.cause`)}</p>
          <p className="quiet">{say(`agent-state.${endpoint.state}.remedy`)}</p>
        </Notice>
      )}
      {engine?.problem && (
        <Notice
          tone="warning"
          title={say.has(`engine-problem.${engine.problem}`) ? `engine-problem.${engine.problem}` : { text: engine.problem }}
        >
          {say.has(`engine-problem.${engine.problem}.remedy`) && <p>{say(`engine-problem.${engine.problem}.remedy`)}</p>}
        </Notice>
      )}
      {actions.length > 0 && (
        <Line>
          {actions.map((action) => (
            <Button
              key={labelKey(action.label)}
              {...(action.icon ? { icon: action.icon } : {})}
              size="small"
              disabledReason={action.disabledReason === undefined ? undefined : say(action.disabledReason)}
              onClick={action.onSelect}
            >
              {say(action.label)}
            </Button>
          ))}
        </Line>
      )}
      <Facts
        facts={[
          ['inventory.column.state', <AgentStateTag key="state" state={endpoint.state} />],
          [
            'common.customer',
            <Link key="customer" to={paths.customer({ customerId: endpoint.customerId })}>
              {endpoint.customerName}
            </Link>,
          ],
          [
            'common.product',
            <Link key="product" to={paths.product({ productId: endpoint.productId })}>
              {endpoint.productName}
            </Link>,
          ],
          [
            'inventory.product-type',
            say.has(`product-type.${endpoint.typeId}.name`) ? say(`product-type.${endpoint.typeId}.name`) : endpoint.typeId,
          ],
          ['inventory.column.group', <GroupWord key="group" group={endpoint.group} label={endpoint.groupLabel} />],
          ['inventory.column.tags', endpoint.tags.length > 0 ? endpoint.tags.join(', ') : null],
          ['inventory.kind', endpoint.platformKind && say(`platform-kind.${endpoint.platformKind}`)],
          [
            'inventory.column.missingProtection',
            endpoint.missingProtection && <MissingProtectionTag key="missing" missing={endpoint.missingProtection} />,
          ],
          [
            'inventory.column.outdated',
            endpoint.outdated.length > 0 ? (
              <div key="outdated">
                <OutdatedTag outdated={endpoint.outdated} />
                <WhyOutdated endpoint={endpoint} />
              </div>
            ) : null,
          ],
          [
            'inventory.column.addresses',
            endpoint.addresses?.length === 0 ? null : (
              <AddressesInFull key="addresses" of={endpoint.addresses} customerId={endpoint.customerId} />
            ),
          ],
          ['inventory.column.openInfections', <InfectionCount key="infections" endpoint={endpoint} />],
        ]}
      />
      <AddressHistory history={endpoint.addressHistory} />
      <div>
        <h3>{say('inventory.engine')}</h3>
        {engine === null ? (
          <p className="faint">{say('inventory.engine.none')}</p>
        ) : (
          <Facts
            facts={[
              ['inventory.column.realTimeScan', <RealTimeScanTag key="scan" state={engine.realTimeScan} />],
              ['inventory.engine', engine.engine],
              [
                'inventory.column.engineVersion',
                engine.engineVersion && (
                  <span key="version" className="mono">
                    {engine.engineVersion}
                  </span>
                ),
              ],
              [
                'inventory.patternVersion',
                engine.patternVersion && (
                  <span key="pattern" className="mono">
                    {engine.patternVersion}
                  </span>
                ),
              ],
              ['inventory.patternBuiltAt', <Ago key="built" at={engine.patternBuiltAt} never="common.unknown" />],
              ['inventory.updateCheckedAt', <Ago key="checked" at={engine.updateCheckedAt} never="common.unknown" />],
              ['inventory.column.lastScan', <LastScan key="last" engine={engine} />],
            ]}
          />
        )}
      </div>
      {actor.can('detection.read') && (
        <div>
          <h3>{say('inventory.detections')}</h3>
          <Part key={endpointId} rows={3}>
            <RecentDetections productId={endpoint.productId} endpointId={endpointId} />
          </Part>
        </div>
      )}
      {actor.can('event.read') && (
        <p>
          <Link to={paths.events({ productId: endpoint.productId, state: 'unresolved' })}>{say('inventory.events')}</Link>
        </p>
      )}
      {actor.can('command.read') && endpoint.agentId !== null && (
        <div>
          <h3>{say('inventory.commands')}</h3>
          <Part key={`${endpointId}-commands`} rows={3}>
            <RecentCommands productId={endpoint.productId} agentId={endpoint.agentId} />
          </Part>
        </div>
      )}
      <Facts
        facts={[
          ['inventory.collectedAt', <Ago key="collected" at={endpoint.collectedAt} freshForSeconds={freshForSeconds} />],
          ['inventory.receivedAt', <Ago key="received" at={endpoint.receivedAt} freshForSeconds={freshForSeconds} />],
          ['inventory.promised', say('inventory.promised.minutes', { minutes: Math.ceil(freshForSeconds / 60) })],
          ['inventory.column.agentVersion', <AgentVersionWord key="agent" version={endpoint.agentVersion} />],
          ['inventory.column.agentId', endpoint.agentId && <CopyText key="agent" text={endpoint.agentId} />],
          [
            'inventory.column.fingerprint',
            endpoint.fingerprint && (
              <code key="fingerprint" title={endpoint.fingerprint}>
                {endpoint.fingerprint.slice(0, 16)}…
              </code>
            ),
          ],
          ['inventory.id', <CopyText key="id" text={endpoint.id} />],
        ]}
      />
      {endpoint.agentId === null && <StateTag label="inventory.no-agent" />}
    </Stack>
  )
}
