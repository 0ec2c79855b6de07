import { isFinal, type Command } from '@vigie/domain/commands'
import { Ago, useFormat, useText } from '../kit/index.ts'
import css from './commands.module.css'
import { CommandStepTag, evidenceText, isInstant } from './outcome.tsx'

/** What became of an order, step by step, each with what the engine showed. Oldest first; what is still awaited stands last. */
export function CommandSteps({ command }: { command: Command }) {
  const say = useText()
  return (
    <ol className={css.steps}>
      {command.steps.map((step, index) => (
        <li key={`${step.step}-${step.at}`}>
          <CommandStepTag step={step.step} isPast={index < command.steps.length - 1} />
          <span className={css.at}>
            <Ago at={step.at} />
          </span>
          <Evidence evidence={step.evidence} />
        </li>
      ))}
      {!isFinal(command.step) && (
        <li className={css.awaited}>
          {say('commands.awaits', { agent: command.agentName })} <Ago at={command.expiresAt} />
        </li>
      )}
    </ol>
  )
}

/** All that the engine showed, as pairs. */
function Evidence({ evidence }: { evidence: Readonly<Record<string, unknown>> }) {
  const say = useText()
  const format = useFormat()
  const entries = Object.entries(evidence)
  if (entries.length === 0) return null
  return (
    <dl className={css.evidence}>
      {entries.map(([name, value]) => (
        <div key={name}>
          <dt>{say.has(`evidence.${name}`) ? say(`evidence.${name}`) : name}</dt>
          <dd className="figures">{isInstant(value) ? <Ago at={value} /> : evidenceText(name, value, say, format)}</dd>
        </div>
      ))}
    </dl>
  )
}
