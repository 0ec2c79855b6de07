import { useText } from '../kit/index.ts'
import css from './products.module.css'

const steps = ['fetch', 'install', 'register', 'remove'] as const

/** What the command does, before one pastes it into a root shell. */
export function InstallSteps() {
  const say = useText()
  return (
    <section>
      <h3>{say('products.install.title')}</h3>
      <ol className={css.install}>
        {steps.map((step) => (
          <li key={step}>{say(`products.install.${step}`)}</li>
        ))}
      </ol>
      <p className="faint">{say('products.install.machines')}</p>
    </section>
  )
}
