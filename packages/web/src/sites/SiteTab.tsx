import type { Product } from '@vigie/domain/products'
import { maxMachinesPerKey, sitesApi, type EndpointKey, type Site, type SiteInstructions } from '@vigie/domain/sites'
import { useState, type ReactNode } from 'react'
import * as z from 'zod'
import {
  AgentStateTag,
  Ago,
  Button,
  columns,
  confirm,
  CopyText,
  DataTable,
  Dialog,
  Empty,
  Facts,
  Form,
  Notice,
  NumberField,
  Panel,
  query,
  Section,
  Stack,
  toast,
  useAction,
  useActor,
  useForm,
  useLoaded,
  useText,
  type Action,
} from '../kit/index.ts'

const tones = { usable: 'good', 'used-up': 'quiet', expired: 'quiet', revoked: 'quiet' } as const
const column = columns<EndpointKey>('sites.key')
const shownColumns = [
  column.cell('createdAt', (key) => <Ago at={key.createdAt} />, { main: true, width: 140 }),
  column.text('createdBy', (key) => key.createdBy),
  column.cell(
    'used',
    (key) => (
      <span className="figures">
        {key.used} / {key.machines}
      </span>
    ),
    { width: 130, align: 'end' },
  ),
  column.state('state', (key) => ({ label: `sites.key.state.${key.state}`, tone: tones[key.state] }), { width: 130 }),
  column.cell('expiresAt', (key) => <Ago at={key.expiresAt} />, { width: 140 }),
]

/** AGT-8: where the product's site server listens, how its site's endpoints are connected, and with which keys. */
export function SiteTab({ product }: { product: Product }) {
  const say = useText()
  const actor = useActor()
  const site = useLoaded(query(sitesApi.getSite).with({ params: { productId: product.id } }))
  const revoking = useAction(sitesApi.revokeEndpointKey)
  const [isMaking, setMaking] = useState(false)
  const [made, setMade] = useState<SiteInstructions | null>(null)
  const mayMake = actor.can('product.issue-key')
  const revoke = (key: EndpointKey) =>
    confirm({
      title: 'sites.key.revoke.title',
      consequence: { key: 'sites.key.revoke.consequence', values: { left: key.machines - key.used, used: key.used } },
      undo: 'sites.key.revoke.undo',
      action: 'sites.key.revoke',
      isDangerous: true,
      run: async () => {
        await revoking.run({ params: { productId: product.id, endpointKeyId: key.id } })
        if (made?.id === key.id) setMade(null)
        toast('sites.key.revoked')
      },
    })
  const actions = (key: EndpointKey): Action[] =>
    mayMake
      ? [
          {
            label: 'sites.key.revoke',
            icon: 'trash',
            isDangerous: true,
            disabledReason: key.state === 'usable' ? undefined : `sites.key.state.${key.state}`,
            onSelect: () => revoke(key),
          },
        ]
      : []
  return (
    <Stack>
      <Server site={site} />
      <Section title="sites.connect" about="sites.connect.about">
        <Stack>
          {mayMake && (
            <div>
              <Button kind="primary" icon="key" onClick={() => setMaking(true)}>
                {say('sites.key.make')}
              </Button>
            </div>
          )}
          {made !== null && <HowTo made={made} />}
          <DataTable
            name="sites.keys"
            rows={site.keys}
            rowId={({ id }) => id}
            columns={shownColumns}
            actions={actions}
            empty={<Empty icon="key" title="sites.keys.none" about="sites.keys.none.about" />}
          />
        </Stack>
      </Section>
      {isMaking && <MakeKey product={product} close={() => setMaking(false)} onMade={setMade} />}
    </Stack>
  )
}

function Server({ site: { server, endpoints } }: { site: Site }) {
  const say = useText()
  if (server === null)
    return (
      <Notice tone="pending" title="sites.server.none">
        {say('sites.server.none.about')}
      </Notice>
    )
  return (
    <Stack>
      {server.problem !== null && (
        <Notice tone="warning" title={`site-problem.${server.problem}`}>
          {say('sites.server.problem.about')}
        </Notice>
      )}
      <Panel>
        <Facts
          facts={[
            ['sites.server', server.hostname],
            ['sites.server.state', <AgentStateTag key="state" state={server.state} />],
            [
              'sites.server.urls',
              server.urls.length === 0 ? null : (
                <>
                  {server.urls.map((url) => (
                    <CopyText key={url} text={url} label={say('sites.server.urls')} />
                  ))}
                </>
              ),
            ],
            ['sites.endpoints', say('sites.endpoints.count', endpoints)],
            ...(server.held === null || server.state !== 'online'
              ? []
              : [['sites.held', <Held key="held" held={server.held} />] as [string, ReactNode]]),
          ]}
        />
      </Panel>
    </Stack>
  )
}

/** What its line to Vigie has not taken yet; long ones are worth a look at the line. */
function Held({ held: { records, sizeBytes, since } }: { held: NonNullable<NonNullable<Site['server']>['held']> }) {
  const say = useText()
  if (since === null) return <>{say('sites.held.none')}</>
  return (
    <>
      {say('sites.held.count', { records, kib: Math.ceil(sizeBytes / 1_024) })} · {say('sites.held.oldest')} <Ago at={since} />
    </>
  )
}

/** The commands stand here while the page is open: the key in them is told once. */
function HowTo({ made }: { made: SiteInstructions }) {
  const say = useText()
  const through = made.commands.filter(({ url }) => url !== null)
  const direct = made.commands.find(({ url }) => url === null)
  return (
    <Panel>
      <h3>{say('sites.run', { machines: made.machines })}</h3>
      <p className="quiet">{say('sites.run.about')}</p>
      <Stack>
        {through.length === 0 && (
          <Notice tone="warning" title="sites.run.no-address">
            {say('sites.run.no-address.about')}
          </Notice>
        )}
        {through.map(({ url, installCommand }) => (
          <div key={url}>
            <p>{say('sites.run.through', { url: url! })}</p>
            <CopyText text={installCommand} label={say('sites.run.through', { url: url! })} block />
          </div>
        ))}
        {direct && (
          <div>
            <p>{say('sites.run.direct')}</p>
            <CopyText text={direct.installCommand} label={say('sites.run.direct')} block />
          </div>
        )}
      </Stack>
    </Panel>
  )
}

const shape = z.object({ machines: z.number({ error: 'required' }).int().min(1).max(maxMachinesPerKey) })

function MakeKey({ product, close, onMade }: { product: Product; close(): void; onMade(made: SiteInstructions): void }) {
  const say = useText()
  const making = useAction(sitesApi.issueEndpointKey)
  const form = useForm({
    initial: { machines: 10 as number | null },
    shape,
    submit: (values) => making.run({ params: { productId: product.id }, body: values as { machines: number } }),
    onDone: (made) => {
      onMade(made)
      close()
    },
  })
  return (
    <Dialog title={say('sites.key.make')} closeLabel={say('kit.close')} onClose={close}>
      <Form form={form} unguarded action="sites.key.make" secondary={<Button onClick={close}>{say('kit.cancel')}</Button>}>
        <NumberField name="machines" label="sites.key.machines" help="sites.key.machines.help" min={1} max={maxMachinesPerKey} isRequired />
      </Form>
    </Dialog>
  )
}
