import { diagnosisSteps, inventoryApi, stepStates, type Finding, type Known, type Verdict } from '@vigie/domain/inventory'
import { problems, type ProblemCode, type ReplyOf } from '@vigie/domain/kernel'
import { useEffect, useState } from 'react'
import * as z from 'zod'
import {
  AgentStateTag,
  Ago,
  copy,
  Button,
  buttonClass,
  CopyText,
  Form,
  Link,
  Notice,
  Page,
  paths,
  Stack,
  StateTag,
  TextareaField,
  useAction,
  useAddress,
  useForm,
  useGo,
  useText,
} from '../kit/index.ts'
import css from './inventory.module.css'

type Diagnosis = ReplyOf<typeof inventoryApi.diagnose>
const shape = z.object({ sought: z.string().trim().min(1).max(60_000) })
const tones = { ok: 'good', failed: 'action-required', 'not-reached': 'quiet' } as const

/** INV-2, "my endpoint does not show": asks for a name, an address, an id or the checker's output; says which of four steps failed, why, and what to do next. */
export default function MissingEndpointPage() {
  const say = useText()
  const go = useGo()
  const at = useAddress()
  const asking = useAction(inventoryApi.diagnose)
  const [found, setFound] = useState<Diagnosis | null>(null)
  const q = at.search['q'] ?? ''
  const ask = async (sought: string) => setFound(await asking.run({ body: { sought } }))
  const form = useForm({
    initial: { sought: q },
    shape,
    submit: async ({ sought }) => {
      await ask(sought)
      // what one can send to a colleague: words, never a whole report
      if (sought.length <= 200 && !sought.trim().startsWith('{'))
        void go(`?${new URLSearchParams({ q: sought.trim() })}`, { replace: true })
    },
  })
  useEffect(() => {
    if (q !== '') ask(q).catch(() => {}) // the form tells what is wrong when one asks again
    // oxlint-disable-next-line react-hooks/exhaustive-deps -- a link with a question is answered once, when it is opened
  }, [])
  return (
    <Page
      title="inventory.missing.title"
      about="inventory.missing.about"
      crumbs={[{ label: 'inventory.title', to: paths.inventory() }]}
      narrow
    >
      <Stack>
        <Form form={form} unguarded action="inventory.missing.look">
          <TextareaField name="sought" label="inventory.missing.sought" help="inventory.missing.sought.help" isRequired rows={4} />
        </Form>
        <div className={css.command}>
          <span className="quiet">{say('inventory.missing.on-machine')}</span>
          <CopyText text="sudo vigie-agent check --json" />
        </div>
        <div role="status" aria-live="polite">
          {found && <Result found={found} />}
        </div>
      </Stack>
    </Page>
  )
}

function Result({ found: { verdict, known, hostname } }: { found: Diagnosis }) {
  const say = useText()
  const words = useVerdictWords(verdict)
  const states = stepStates(verdict)
  const summary = [
    hostname === null ? null : `${say('common.endpoint')}: ${hostname}`,
    ...diagnosisSteps.map((step) => `${say(`inventory.diagnosis.step.${step}`)}: ${say(`inventory.diagnosis.state.${states[step]}`)}`),
    words.what,
    words.remedy,
    verdict.command,
  ]
    .filter(Boolean)
    .join('\n')
  return (
    <div className={css.verdict}>
      <Notice
        tone={verdict.step === null ? 'plain' : 'action-required'}
        title={{ text: words.what }}
        action={
          <Button icon="copy" size="small" onClick={() => void copy(summary)}>
            {say('inventory.missing.copy')}
          </Button>
        }
      >
        <p>{words.remedy}</p>
        {verdict.command && (
          <p className={css.command}>
            {say('inventory.missing.next')} <CopyText text={verdict.command} />
          </p>
        )}
      </Notice>
      <ol className={css.steps}>
        {diagnosisSteps.map((step) => (
          <li key={step}>
            <span>
              <strong>{say(`inventory.diagnosis.step.${step}`)}</strong>
              <br />
              <StateTag label={`inventory.diagnosis.state.${states[step]}`} tone={tones[states[step]]} />
            </span>
            <p className="quiet">{say(`inventory.diagnosis.step.${step}.about`)}</p>
          </li>
        ))}
      </ol>
      <WhatIsKnown known={known} />
    </div>
  )
}

const sameText: Partial<Record<Finding, string>> = {
  'agent-disabled': 'agent-state.disabled',
  'agent-unregistered': 'agent-state.unregistered',
  'agent-version': 'agent-state.version-mismatch',
  'agent-plug-in': 'agent-state.plug-in-error',
}

/** What is wrong and the way out. What already has a text elsewhere (a state, a problem, the checker's finding) keeps it. */
function useVerdictWords({ finding, cause }: Verdict): { what: string; remedy: string } {
  const say = useText()
  const own = { what: say(`inventory.diagnosis.${finding}`), remedy: say(`inventory.diagnosis.${finding}.remedy`) }
  if (finding === 'checked' && cause !== null && say.has(cause))
    return { what: say(cause), remedy: say.has(`${cause}.remedy`) ? say(`${cause}.remedy`) : own.remedy }
  if (finding === 'refused' && cause !== null && say.has(`problem.${cause}`))
    return {
      what: `${own.what} ${say(`problem.${cause}`)}`,
      remedy: cause in problems ? say(problems[cause as ProblemCode].remedy) : own.remedy,
    }
  const state = sameText[finding]
  if (state) return { what: say(`${state}.cause`), remedy: say(`${state}.remedy`) }
  return own
}

/** What the verdict rests on, each with the way to it. */
function WhatIsKnown({ known }: { known: Known }) {
  const say = useText()
  if (known.endpoints.length + known.agents.length + known.products.length + known.refusals.length === 0)
    return <p className="faint">{say('inventory.missing.nothing-known')}</p>
  return (
    <div>
      <h2>{say('inventory.missing.known')}</h2>
      <ul className={css.found}>
        {known.endpoints.map((endpoint) => (
          <li key={endpoint.id}>
            <Link to={paths.endpoint({ endpointId: endpoint.id })}>{endpoint.name}</Link>
            <span className="faint">{endpoint.customerName}</span>
            <AgentStateTag state={endpoint.state} />
            <span className="faint">
              {say('inventory.column.lastSeenAt')} <Ago at={endpoint.lastSeenAt} />
            </span>
          </li>
        ))}
        {known.agents.map((agent) => (
          <li key={agent.id}>
            <span>
              {say('common.agent')} <Link to={paths.product({ productId: agent.productId, tab: 'agents' })}>{agent.hostname}</Link>
            </span>
            <span className="faint">
              {agent.customerName} · {agent.productName}
            </span>
            <AgentStateTag state={agent.state} cause={agent.cause} />
            {agent.isClone && <StateTag label="inventory.missing.clone" tone="warning" />}
            {agent.deadLetters.count > 0 && (
              <StateTag label={{ key: 'inventory.missing.dead-letters', values: { count: agent.deadLetters.count } }} tone="warning" />
            )}
          </li>
        ))}
        {known.refusals.map((refusal) => (
          <li key={`${refusal.productId} ${refusal.at}`}>
            <span>{say('inventory.missing.refused', { hostname: refusal.hostname })}</span>
            <span className="faint">{say(`problem.${refusal.reason}`)}</span>
            <Link to={paths.product({ productId: refusal.productId })}>{refusal.productName}</Link>
            <span className="faint">
              <Ago at={refusal.at} />
            </span>
          </li>
        ))}
        {known.products.map((product) => (
          <li key={product.id}>
            <span>
              {say('common.product')} <Link to={paths.product({ productId: product.id })}>{product.name}</Link>
            </span>
            <span className="faint">{product.customerName}</span>
            <AgentStateTag state={product.state} />
            {(product.keyState === 'expired' || product.keyState === 'waiting') && (
              <Link className={buttonClass('plain', 'small')} to={paths.connectProduct({ productId: product.id })}>
                {say('inventory.missing.connect')}
              </Link>
            )}
          </li>
        ))}
      </ul>
    </div>
  )
}
