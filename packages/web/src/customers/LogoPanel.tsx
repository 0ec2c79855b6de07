import { customersApi, mostLogoBytes, type Customer } from '@vigie/domain/customers'
import { useRef, useState } from 'react'
import { fileContent } from '../consent/index.ts'
import { Button, confirm, Line, Panel, Section, toast, trouble, useAction, useActor, useText } from '../kit/index.ts'
import css from './customers.module.css'
import { logoAddress } from './logo.ts'

/** CUS-3, R37: what is shown is the server's own drawing of it. */
export function LogoPanel({ customer }: { customer: Customer }) {
  const say = useText()
  const mayChange = useActor().can('customer.update')
  const setting = useAction(customersApi.setLogo)
  const removing = useAction(customersApi.removeLogo)
  const input = useRef<HTMLInputElement>(null)
  const [isTooLarge, setTooLarge] = useState(false)
  const params = { customerId: customer.id }
  const choose = async (file: File | undefined) => {
    if (file === undefined) return
    setTooLarge(file.size > mostLogoBytes)
    if (file.size > mostLogoBytes) return
    try {
      await setting.run({ params, body: { content: await fileContent(file, mostLogoBytes) } })
      toast('customers.logo.set')
    } catch (error) {
      trouble(error)
    }
  }
  const remove = () =>
    confirm({
      title: 'customers.logo.remove.title',
      consequence: 'customers.logo.remove.consequence',
      action: 'customers.logo.remove',
      isDangerous: true,
      run: () => removing.run({ params }).then(() => toast('customers.logo.removed')),
    })
  if (!mayChange && customer.logoVersion === null) return null
  return (
    <Section title="customers.logo" about="customers.logo.about">
      <Panel>
        <div className={css.logoRow}>
          <div className={css.logo}>
            {customer.logoVersion === null ? (
              <span>{say('customers.logo.none')}</span>
            ) : (
              <img src={logoAddress(customer)} alt={say('customers.logo.alt', { customer: customer.company })} />
            )}
          </div>
          {mayChange && (
            <div>
              <Line>
                <Button isBusy={setting.isRunning} onClick={() => input.current?.click()}>
                  {say(customer.logoVersion === null ? 'customers.logo.choose' : 'customers.logo.replace')}
                </Button>
                {customer.logoVersion !== null && (
                  <Button kind="quiet" icon="trash" onClick={remove}>
                    {say('customers.logo.remove')}
                  </Button>
                )}
              </Line>
              <p className="quiet">{say('customers.logo.help')}</p>
              {isTooLarge && (
                <p className={css.error} role="alert">
                  {say('field.file.too-large')} {say('remedy.shrink-the-picture')}
                </p>
              )}
              <input
                ref={input}
                type="file"
                hidden
                aria-label={say('customers.logo.choose')}
                accept="image/png,image/jpeg,image/bmp,image/gif"
                onChange={(event) => {
                  void choose(event.currentTarget.files?.[0])
                  event.currentTarget.value = ''
                }}
              />
            </div>
          )}
        </div>
      </Panel>
    </Section>
  )
}
