import { identityApi, readConnectionCode } from '@vigie/domain/identity'
import type { Product } from '@vigie/domain/products'
import * as z from 'zod'
import {
  Button,
  Dialog,
  Facts,
  Form,
  paths,
  TextareaField,
  TextField,
  toast,
  useAction,
  useActor,
  useField,
  useForm,
  useFormat,
  useGo,
  useText,
} from '../kit/index.ts'

const shape = z.object({
  connectionCode: z.string().min(1, { error: 'required' }),
  confirmName: z.string().min(1, { error: 'required' }),
  reason: z.string().max(200),
  code: z.string().max(40),
})

/** AGT-11: the product's agents leave, all or none. Says first where the code leads: a pasted word hides it. */
export function SwitchDialog({ product, close }: { product: Product; close(): void }) {
  const say = useText()
  const go = useGo()
  const actor = useActor()
  const starting = useAction(identityApi.startSwitch)
  const form = useForm({
    initial: { connectionCode: '', confirmName: '', reason: '', code: '' },
    shape,
    submit: ({ code, ...values }, intent) =>
      starting.run({ params: { productId: product.id }, body: code.trim() === '' ? values : { ...values, code } }, { intent }),
    onDone: (made) => {
      toast({ key: 'identity.switch.begun', values: { product: made.productName } })
      close()
      void go(paths.switches({ productId: product.id, switch: made.id }))
    },
  })
  return (
    <Dialog title={say('identity.switch.title', { product: product.description })} closeLabel={say('kit.close')} onClose={close}>
      <Form form={form} unguarded action="identity.switch" isDangerous secondary={<Button onClick={close}>{say('kit.cancel')}</Button>}>
        <p>{say('identity.switch.consequence', { count: product.endpointCount })}</p>
        <TextareaField name="connectionCode" label="identity.switch.code" help="identity.switch.code.help" rows={3} isRequired />
        <Destination />
        <TextField name="reason" label="identity.move.reason" maxLength={200} />
        {actor.account.hasMfa && (
          <TextField
            name="code"
            label="identity.switch.factor"
            help="identity.switch.factor.help"
            inputMode="numeric"
            autoComplete="one-time-code"
          />
        )}
        <TextField
          name="confirmName"
          label={{ key: 'kit.confirm.type-name', values: { name: product.description } }}
          isRequired
          maxLength={200}
        />
        <p className="quiet">{say('identity.switch.undo')}</p>
      </Form>
    </Dialog>
  )
}

/** What the code says, as soon as there is one. */
function Destination() {
  const { value } = useField<string>('connectionCode')
  const { moment, number } = useFormat()
  const code = readConnectionCode(value)
  if (code === null) return null
  return (
    <Facts
      facts={[
        [
          'identity.switch.server',
          <span key="server" className="mono">
            {code.server}
          </span>,
        ],
        [
          'identity.switch.fingerprint',
          <span key="fingerprint" className="mono">
            {code.caFingerprint.slice(0, 16)}…
          </span>,
        ],
        [
          'identity.switch.machines',
          <span key="machines" className="figures">
            {number(code.machines)}
          </span>,
        ],
        ['identity.switch.expires', moment(code.expiresAt)],
      ]}
    />
  )
}
