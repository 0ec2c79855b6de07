import { productsApi, type Product } from '@vigie/domain/products'
import { Suspense, useState } from 'react'
import { WithheldNotice } from '../consent/index.ts'
import { DetectionTable } from '../detections/index.ts'
import { EventTable } from '../events/index.ts'
import { MoveDialog, ReceiveDialog, SwitchDialog, SwitchNotice } from '../identity/index.ts'
import {
  ActionMenu,
  AgentStateTag,
  Ago,
  buttonClass,
  confirmByName,
  CopyText,
  lazily,
  Link,
  loadAllowed,
  Notice,
  OpenEvents,
  Page,
  Part,
  paths,
  query,
  Tabs,
  toast,
  useAction,
  useActor,
  useAddress,
  useGo,
  useLoaded,
  useQuietly,
  useText,
  type Action,
} from '../kit/index.ts'
import { SiteTab } from '../sites/index.ts'
import { ProductSettings } from '../settings/index.ts'
import { AgentList } from './AgentList.tsx'
import { catalogue, typeWords } from './catalogue.ts'
import { CommandsTab } from './CommandsTab.tsx'
import css from './products.module.css'
import { RenameDialog } from './RenameDialog.tsx'

const EndpointsTab = lazily(() => import('./EndpointsTab.tsx'), 'EndpointsTab')
const ServerTab = lazily(() => import('./ServerTab.tsx'), 'ServerTab')
const LicenceTab = lazily(() => import('./LicenceTab.tsx'), 'LicenceTab')
const GroupsTab = lazily(() => import('./GroupsTab.tsx'), 'GroupsTab')
const product = query(productsApi.getProduct).at((at) => ({ params: { productId: at.params['productId']! } }))
export const loader = loadAllowed([null, product], [null, catalogue])

const tabs = [
  ['events', 'event.read'],
  ['groups', 'product.read'],
  ['endpoints', 'product.read'],
  ['site', 'product.read'],
  ['server', 'product.read'],
  ['agents', 'product.read'],
  ['settings', 'setting.read'],
  ['commands', 'command.read'],
  ['detections', 'detection.read'],
  ['licence', 'product.read'],
] as const

/** PRD-4: one product: how it is, why, the way out; then what it reports. */
export default function ProductPage() {
  const say = useText()
  const actor = useActor()
  const at = useAddress()
  const shown = useLoaded(product)
  const { types } = useLoaded(catalogue)
  const isSiteServer = types.find(({ id }) => id === shown.typeId)?.isSiteServer === true
  const allowed = tabs.filter(
    ([id, needs]) => actor.can(needs) && (id !== 'site' || isSiteServer) && (id !== 'server' || shown.family === 'endpoint-server'),
  )
  const tab = allowed.find(([id]) => id === at.search['tab'])?.[0] ?? allowed[0]?.[0]
  const productId = shown.id
  return (
    <Page
      title={{ text: shown.description }}
      crumbs={[
        { label: 'products.crumb.customers', to: paths.customers() },
        { label: { text: shown.customerName }, to: paths.customer({ customerId: shown.customerId }) },
      ]}
      sign={
        <>
          <AgentStateTag state={shown.state} />
          <OpenEvents attention={shown.attention} about={{ productId }} />
        </>
      }
      action={<Actions product={shown} />}
      tabs={
        <>
          <Header product={shown} />
          <Tabs
            label={{ text: shown.description }}
            tabs={allowed.map(([id]) => ({
              label: `products.tab.${id}`,
              to: paths.product({ productId, tab: id }),
              isCurrent: id === tab,
              count: id === 'endpoints' ? shown.endpointCount : undefined,
            }))}
          />
        </>
      }
    >
      <Part key={`${productId}-${tab}`}>
        {tab === 'events' && <EventTable fixed={{ productId }} />}
        {tab === 'groups' && <GroupsTab product={shown} />}
        {tab === 'endpoints' && <EndpointsTab product={shown} />}
        {tab === 'site' && <SiteTab product={shown} />}
        {tab === 'agents' && (
          <>
            <WithheldNotice activity="view-addresses" customerId={shown.customerId} />
            <AgentList productId={productId} />
          </>
        )}
        {tab === 'server' && <ServerTab product={shown} />}
        {tab === 'licence' && <LicenceTab product={shown} />}
        {tab === 'settings' && <ProductSettings product={shown} />}
        {tab === 'commands' && <CommandsTab product={shown} />}
        {tab === 'detections' && <DetectionTable fixed={{ productId }} />}
      </Part>
      <span className="sr-only" role="status">
        {say(`agent-state.${shown.state}`)}
      </span>
    </Page>
  )
}

/** What it is, and, where it is not online, the state's cause and remedy in words (AGT-2). */
function Header({ product: shown }: { product: Product }) {
  const say = useText()
  const isConnecting = shown.state === 'pending' || shown.state === 'unregistered'
  return (
    <div className={css.header}>
      <p className={css.line}>
        <span>{typeWords(say, shown.typeId, useQuietly(catalogue)?.types ?? [])}</span>
        <span>{say(`family.${shown.family}`)}</span>
        <span>
          {say('products.last-seen')} <Ago at={shown.lastSeenAt} freshForSeconds={shown.freshForSeconds} />
        </span>
        <CopyText text={shown.guid} label={say('products.guid')} />
      </p>
      {shown.state !== 'online' && (
        <Notice
          tone={
            shown.state === 'pending'
              ? 'pending'
              : shown.state === 'offline' || shown.state === 'disabled' || shown.state === 'unknown' || shown.state === 'unregistered'
                ? 'plain'
                : 'warning'
          }
          title={`agent-state.${shown.state}.cause`}
          action={
            isConnecting ? (
              <Link className={buttonClass('primary')} to={paths.connectProduct({ productId: shown.id })}>
                {say('products.connect')}
              </Link>
            ) : shown.state === 'disabled' ? (
              <Link className={buttonClass()} to={paths.product({ productId: shown.id, tab: 'agents' })}>
                {say('products.tab.agents')}
              </Link>
            ) : undefined
          }
        >
          {say(`agent-state.${shown.state}.remedy`)}
        </Notice>
      )}
      <Suspense fallback={null}>
        <SwitchNotice productId={shown.id} />
      </Suspense>
      {shown.isStale && shown.state === 'online' && (
        <Notice tone="warning" title="products.stale">
          {say('products.stale.about')}
        </Notice>
      )}
    </div>
  )
}

function Actions({ product: shown }: { product: Product }) {
  const go = useGo()
  const actor = useActor()
  const removing = useAction(productsApi.deleteProduct)
  const [isRenaming, setRenaming] = useState(false)
  const [moving, setMoving] = useState<'customer' | 'away' | 'here' | null>(null)
  const MovingDialog = moving === 'away' ? SwitchDialog : moving === 'here' ? ReceiveDialog : MoveDialog
  const remove = () =>
    confirmByName(
      shown.description,
      async (confirmName) => {
        await removing.run({ params: { productId: shown.id }, body: { confirmName } })
        toast({ key: 'products.deleted', values: { product: shown.description } })
        void go(paths.customer({ customerId: shown.customerId }), { replace: true })
      },
      { consequence: { key: 'products.delete.consequence', values: { count: shown.endpointCount } } },
    )
  const isOpen = shown.state === 'pending' || shown.state === 'unregistered'
  const actions: Action[] = [
    {
      label: 'products.connect',
      icon: 'key',
      disabledReason: isOpen ? undefined : 'problem.product.already-registered',
      onSelect: () => void go(paths.connectProduct({ productId: shown.id })),
    },
    ...(actor.can('product.update') ? [{ label: 'products.rename', icon: 'edit' as const, onSelect: () => setRenaming(true) }] : []),
    ...(actor.can('agent.move') ? [{ label: 'identity.move', icon: 'chevronRight' as const, onSelect: () => setMoving('customer') }] : []),
    ...(actor.can('agent.move')
      ? [
          {
            label: 'identity.switch',
            icon: 'chevronRight' as const,
            disabledReason: isOpen ? 'problem.switch.nobody' : undefined,
            onSelect: () => setMoving('away'),
          },
        ]
      : []),
    ...(actor.can('product.issue-key')
      ? [
          {
            label: 'identity.receive',
            icon: 'key' as const,
            disabledReason: isOpen ? undefined : 'problem.product.already-registered',
            onSelect: () => setMoving('here'),
          },
        ]
      : []),
    ...(actor.can('maintenance.update')
      ? [
          {
            label: 'maintenance.new',
            icon: 'clock' as const,
            onSelect: () => void go(paths.maintenanceWindow({ windowId: 'new', customerId: shown.customerId, productId: shown.id })),
          },
        ]
      : []),
    ...(actor.can('product.delete') ? [{ label: 'products.delete', icon: 'trash' as const, isDangerous: true, onSelect: remove }] : []),
  ]
  return (
    <>
      <ActionMenu label="products.actions" actions={actor.can('product.issue-key') ? actions : actions.slice(1)} />
      {isRenaming && <RenameDialog product={shown} close={() => setRenaming(false)} />}
      {moving && (
        <Suspense fallback={null}>
          <MovingDialog product={shown} close={() => setMoving(null)} />
        </Suspense>
      )}
    </>
  )
}
