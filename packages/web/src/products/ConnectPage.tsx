import { productsApi, type Product } from '@vigie/domain/products'
import { useEffect, useState, type ReactNode } from 'react'
import {
  AgentStateTag,
  Ago,
  Button,
  buttonClass,
  CopyText,
  Facts,
  Glyph,
  Link,
  load,
  Notice,
  Page,
  Panel,
  Part,
  paths,
  query,
  Stack,
  toast,
  trouble,
  useAction,
  useActor,
  useLoaded,
  useNow,
  useText,
} from '../kit/index.ts'
import { catalogue, typeName } from './catalogue.ts'
import { InstallSteps } from './InstallSteps.tsx'
import { forgetKey, keepKey, keptKey, timeLeft, type Instructions } from './keys.ts'
import css from './products.module.css'

const product = query(productsApi.getProduct).at((at) => ({ params: { productId: at.params['productId']! } }))
export const loader = load(product, catalogue)

/** PRD-2, AGT-1: how this product is connected; turns by itself when its agent registers. */
export default function ConnectPage() {
  const say = useText()
  const shown = useLoaded(product)
  return (
    <Page
      title={{ key: 'products.connect.title', values: { product: shown.description } }}
      crumbs={[
        { label: 'products.crumb.customers', to: paths.customers() },
        { label: { text: shown.customerName }, to: paths.customer({ customerId: shown.customerId }) },
        { label: { text: shown.description }, to: paths.product({ productId: shown.id }) },
      ]}
      sign={<AgentStateTag state={shown.state} />}
      about={{ text: typeName(say, shown.typeId) }}
      narrow
    >
      {shown.state === 'pending' || shown.state === 'unregistered' ? <HowTo product={shown} /> : <Connected product={shown} />}
    </Page>
  )
}

function HowTo({ product: shown }: { product: Product }) {
  const say = useText()
  const now = useNow()
  const actor = useActor()
  const making = useAction(productsApi.issueKey)
  const [own, setOwn] = useState<Instructions | null>(null)
  const instructions = own !== null && Date.parse(own.expiresAt) > now ? own : keptKey(shown.id, now)
  const make = async () => {
    try {
      const made = await making.run({ params: { productId: shown.id } })
      keepKey(shown.id, made)
      setOwn(made)
      if (instructions !== null) toast('products.key.renewed')
    } catch (error) {
      trouble(error)
    }
  }
  const mayMake = actor.can('product.issue-key')
  return (
    <Stack>
      {instructions === null ? (
        <Panel>
          <h2>{say('products.connect.lead')}</h2>
          <p className={css.lead}>
            {say(shown.keyExpiresAt === null ? 'products.connect.no-key' : 'products.connect.key-elsewhere')}{' '}
            {shown.keyExpiresAt !== null && <ExpiresIn at={shown.keyExpiresAt} />}
          </p>
          {mayMake ? (
            <Button kind="primary" icon="key" isBusy={making.isRunning} onClick={() => void make()}>
              {say(shown.keyExpiresAt === null ? 'products.key.make' : 'products.key.renew')}
            </Button>
          ) : (
            <Notice>{say('products.key.not-allowed')}</Notice>
          )}
        </Panel>
      ) : (
        <>
          <section>
            <h2>{say('products.connect.run')}</h2>
            <p className={css.lead}>{say('products.connect.run.about')}</p>
            <CopyText text={instructions.installCommand} label={say('products.connect.command')} block />
            <p className={css.under}>
              <span>
                <Glyph sign="pending" />
                <span>
                  {say('products.key.once')} <ExpiresIn at={instructions.expiresAt} />
                </span>
              </span>
              {mayMake && (
                <Button size="small" icon="refresh" isBusy={making.isRunning} onClick={() => void make()}>
                  {say('products.key.renew')}
                </Button>
              )}
            </p>
          </section>
          <details className={css.otherWay}>
            <summary>{say('agent.install.deb')}</summary>
            <p className={css.lead}>{say('agent.install.deb.about')}</p>
            <CopyText text={instructions.debCommand} label={say('agent.install.deb.command')} block />
            <p className={css.lead}>{say('agent.install.proxy')}</p>
          </details>
          <details className={css.otherWay}>
            <summary>{say('products.connect.credentials')}</summary>
            {instructions.credentialsCommand === null ? (
              <p className={css.lead}>
                {say('products.connect.credentials.none')}{' '}
                {actor.can('customer.credentials') && (
                  <Link to={paths.customer({ customerId: shown.customerId, tab: 'profile' })}>
                    {say('products.connect.credentials.make')}
                  </Link>
                )}
              </p>
            ) : (
              <>
                <p className={css.lead}>{say('products.connect.credentials.about')}</p>
                <CopyText text={instructions.credentialsCommand} label={say('products.connect.credentials.command')} block />
              </>
            )}
          </details>
          <InstallSteps />
        </>
      )}
      <Notice
        tone="pending"
        title="products.connect.waiting"
        action={
          <Link className={buttonClass()} to={paths.missingEndpoint({ q: shown.guid })}>
            {say('products.connect.missing')}
          </Link>
        }
      >
        {say('products.connect.waiting.about')}
      </Notice>
      <Panel>
        <Facts
          facts={[
            ['products.guid', <CopyText key="guid" text={shown.guid} label={say('products.guid')} />],
            ...(instructions === null
              ? []
              : ([
                  ['products.key', <CopyText key="key" text={instructions.key} label={say('products.key')} />],
                  ['products.fingerprint', <CopyText key="print" text={instructions.caFingerprint} label={say('products.fingerprint')} />],
                ] as [string, ReactNode][])),
          ]}
        />
      </Panel>
    </Stack>
  )
}

/** Counts down by the minute. */
function ExpiresIn({ at }: { at: string }) {
  const say = useText()
  const { hours, minutes } = timeLeft(at, useNow())
  if (hours === 0 && minutes === 0) return <strong>{say('products.key.expired')}</strong>
  return (
    <time dateTime={at} className="figures">
      {say('products.key.left', { hours, minutes })}
    </time>
  )
}

function Connected({ product: shown }: { product: Product }) {
  const say = useText()
  useEffect(() => forgetKey(shown.id), [shown.id])
  return (
    <Stack>
      <Panel>
        <h2>
          <span role="status">{say('products.connect.done')}</span>
        </h2>
        <p className={css.lead}>{say('products.connect.done.about')}</p>
        <Part key={shown.id} rows={3}>
          <Registered productId={shown.id} />
        </Part>
        <p className={css.next}>
          <Link className={buttonClass('primary')} to={paths.product({ productId: shown.id })}>
            {say('products.connect.open')}
          </Link>
          <Link className={buttonClass()} to={paths.customer({ customerId: shown.customerId })}>
            {shown.customerName}
          </Link>
        </p>
      </Panel>
    </Stack>
  )
}

function Registered({ productId }: { productId: string }) {
  const { rows } = useLoaded(query(productsApi.listAgents).with({ params: { productId } }))
  return rows.slice(0, 1).map((agent) => (
    <Facts
      key={agent.id}
      facts={[
        ['products.agent.hostname', agent.hostname],
        ['products.agent.platform', agent.platform],
        ['products.agent.version', agent.version],
        ['products.agent.registeredAt', <Ago key="at" at={agent.registeredAt} />],
      ]}
    />
  ))
}
