import type * as z from 'zod'
import type { agentsByState } from '@vigie/domain/figures'
import { agentStates } from '@vigie/domain/products'
import { AgentStateTag, Link, paths, useActor, useFormat, useText } from '../kit/index.ts'
import css from './home.module.css'

/** How many products are in each state; those that none is in are left out. */
export function AgentsByState({ states }: { states: z.infer<typeof agentsByState.value>['states'] }) {
  const say = useText()
  const actor = useActor()
  const { number } = useFormat()
  const shown = agentStates.flatMap((state) => states.filter((one) => one.state === state && one.count > 0))
  const total = shown.reduce((sum, one) => sum + one.count, 0)
  return (
    <section className={css.agents}>
      <h2 className={css.small}>{say('figure.agents-by-state')}</h2>
      <div className={css.meter} aria-hidden="true">{shown.map(({ state, count }) => <span key={state} data-state={state} style={{ flexGrow: count / total }} />)}</div>
      <ul className={css.states}>
        {shown.map(({ state, count }) => (
          <li key={state}>
            <AgentStateTag state={state} />
            {actor.can('product.read') ? <Link className="figures" to={paths.inventory({ state })}>{number(count)}</Link> : <span className="figures">{number(count)}</span>}
          </li>
        ))}
      </ul>
    </section>
  )
}
