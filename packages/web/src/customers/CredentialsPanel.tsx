import { customersApi, graceHours, type Credentials } from '@vigie/domain/customers'
import { useState } from 'react'
import {
  Ago,
  Button,
  confirm,
  CopyText,
  Dialog,
  Facts,
  Form,
  Line,
  Notice,
  Panel,
  query,
  Section,
  SelectField,
  Stack,
  toast,
  useAction,
  useForm,
  useLoaded,
  useText,
} from '../kit/index.ts'

export const credentialsOf = (customerId: string) => query(customersApi.getCredentials).with({ params: { customerId } })

/** CUS-6: with which appliances register. The password is shown once, when it is made. */
export function CredentialsPanel({ customerId }: { customerId: string }) {
  const say = useText()
  const { credentials } = useLoaded(credentialsOf(customerId))
  const removing = useAction(customersApi.removeCredentials)
  /** Decided when the dialog opens: the making itself turns a first one into a rotation. */
  const [making, setMaking] = useState<'first' | 'rotation' | null>(null)
  const remove = () =>
    confirm({
      title: 'customers.credentials.remove.title',
      consequence: 'customers.credentials.remove.consequence',
      action: 'customers.credentials.remove',
      isDangerous: true,
      run: () => removing.run({ params: { customerId } }).then(() => toast('customers.credentials.removed')),
    })
  return (
    <Section title="customers.credentials" about="customers.credentials.about">
      <Panel>
        {credentials === null ? (
          <Stack>
            <p className="quiet">{say('customers.credentials.none')}</p>
            <Line>
              <Button icon="key" onClick={() => setMaking('first')}>
                {say('customers.credentials.make')}
              </Button>
            </Line>
          </Stack>
        ) : (
          <Stack>
            <Facts
              facts={[
                ['customers.credentials.user-name', <CopyText key="name" text={credentials.userName} />],
                [
                  'customers.credentials.password',
                  <span key="password" className="quiet">
                    {say('customers.credentials.hidden')}
                  </span>,
                ],
                [
                  'customers.credentials.made',
                  <span key="made">
                    {credentials.madeBy} · <Ago at={credentials.madeAt} />
                  </span>,
                ],
                ...(credentials.previousEndsAt === null
                  ? []
                  : [
                      ['customers.credentials.previous', <Ago key="previous" at={credentials.previousEndsAt} />] as [
                        string,
                        React.ReactNode,
                      ],
                    ]),
              ]}
            />
            <Line>
              <Button icon="refresh" onClick={() => setMaking('rotation')}>
                {say('customers.credentials.rotate')}
              </Button>
              <Button kind="quiet" icon="trash" onClick={remove}>
                {say('customers.credentials.remove')}
              </Button>
            </Line>
          </Stack>
        )}
      </Panel>
      {making !== null && <Making customerId={customerId} isRotation={making === 'rotation'} close={() => setMaking(null)} />}
    </Section>
  )
}

function Making({ customerId, isRotation, close }: { customerId: string; isRotation: boolean; close(): void }) {
  const say = useText()
  const making = useAction(customersApi.makeCredentials)
  const [made, setMade] = useState<{ credentials: Credentials; password: string } | null>(null)
  const form = useForm({
    initial: { grace: String(isRotation ? 24 : 0) as string | null },
    submit: ({ grace }) => making.run({ params: { customerId }, body: { graceHours: Number(grace) as (typeof graceHours)[number] } }),
    onDone: setMade,
  })
  return (
    <Dialog
      title={say(isRotation ? 'customers.credentials.rotate' : 'customers.credentials.make')}
      closeLabel={say('kit.close')}
      onClose={close}
      size={560}
    >
      {made === null ? (
        <Form
          form={form}
          unguarded
          action={isRotation ? 'customers.credentials.rotate' : 'customers.credentials.make'}
          secondary={<Button onClick={close}>{say('kit.cancel')}</Button>}
        >
          <p>{say(isRotation ? 'customers.credentials.rotate.about' : 'customers.credentials.make.about')}</p>
          {isRotation && (
            <SelectField
              name="grace"
              label="customers.credentials.grace"
              options={graceHours.map((hours) => ({ value: String(hours), label: `customers.credentials.grace.${hours}` }))}
              isRequired
            />
          )}
        </Form>
      ) : (
        <Stack>
          <Notice tone="warning" title="customers.credentials.once">
            {say('customers.credentials.once.about')}
          </Notice>
          <Facts
            facts={[
              ['customers.credentials.user-name', <CopyText key="name" text={made.credentials.userName} />],
              ['customers.credentials.password', <CopyText key="password" text={made.password} />],
            ]}
          />
          <Line>
            <Button kind="primary" onClick={close}>
              {say('customers.credentials.noted')}
            </Button>
          </Line>
        </Stack>
      )}
    </Dialog>
  )
}
