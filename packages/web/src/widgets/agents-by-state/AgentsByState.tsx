import type { agentsByState } from '@vigie/domain/figures'
import type * as z from 'zod'
import { AgentStateTag, useFormat, useText } from '../../kit/index.ts'
import type { ViewProps } from '../define.ts'
import { Count } from '../parts/Count.tsx'
import css from './agents.module.css'

/** How many products are in each state, as one bar and one by one. */
export function AgentsByState({ value }: ViewProps<z.output<typeof agentsByState.value>>) {
  const say = useText()
  const { percent } = useFormat()
  return (
    <>
      <div className={css.meter} aria-hidden="true">
        {value.states.map(({ state, count }) => (
          <span key={state} data-state={state} style={{ flexGrow: count / value.total.count }} />
        ))}
      </div>
      <ul className={css.states}>
        {value.states.map((one) => (
          <li key={one.state}>
            <AgentStateTag state={one.state} />
            <span className="faint figures">{percent(one.count / value.total.count)}</span>
            <Count of={one} label={say(`agent-state.${one.state}`)} />
          </li>
        ))}
        <li className={css.sum}>
          <span>{say('widgets.sum')}</span>
          <span />
          <Count of={value.total} label={say('widgets.sum')} />
        </li>
      </ul>
    </>
  )
}
