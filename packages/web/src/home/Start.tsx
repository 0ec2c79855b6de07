import type { Customer } from '@vigie/domain/customers'
import type { Permission } from '@vigie/domain/access'
import type { Product } from '@vigie/domain/products'
import { buttonClass, Icon, Link, paths, useActor, useText } from '../kit/index.ts'
import css from './home.module.css'
import { startSteps, type StartStep } from './start.ts'

/** Teaches a new installation: four steps, and the one next button. */
export function Start({
  next,
  customer,
  product,
}: {
  next: Exclude<StartStep, 'watch'>
  customer: Customer | undefined
  product: Product | undefined
}) {
  const say = useText()
  const actor = useActor()
  const ways: Record<typeof next, { needs: Permission; to: string | undefined }> = {
    customer: { needs: 'customer.create', to: paths.newCustomer() },
    product: { needs: 'product.create', to: customer && paths.newProduct({ customerId: customer.id }) },
    connect: { needs: 'product.issue-key', to: product && paths.connectProduct({ productId: product.id }) },
  }
  const { needs, to } = ways[next]
  const here = startSteps.indexOf(next)
  return (
    <section className={css.start}>
      <h2>{say('home.start.title')}</h2>
      <p className="quiet">{say('home.start.about')}</p>
      <ol>
        {startSteps.map((step, index) => (
          <li key={step} data-done={index < here || undefined} aria-current={step === next ? 'step' : undefined}>
            <span className={css.mark} aria-hidden="true">
              {index < here ? <Icon name="check" size={14} /> : index + 1}
            </span>
            <div>
              <strong>{say(`home.start.${step}`)}</strong>
              <p>{say(`home.start.${step}.about`)}</p>
              {step === next &&
                (actor.can(needs) && to ? (
                  <Link className={buttonClass('primary')} to={to}>
                    {say(`home.start.${step}.go`)}
                  </Link>
                ) : (
                  <p className="faint">{say('home.start.not-allowed')}</p>
                ))}
            </div>
          </li>
        ))}
      </ol>
    </section>
  )
}
