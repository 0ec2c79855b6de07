import { identityApi } from '@vigie/domain/identity'
import type { Product } from '@vigie/domain/products'
import * as z from 'zod'
import { Button, CheckboxField, Dialog, Form, paths, TextField, toast, useAction, useForm, useGo, useText } from '../kit/index.ts'
import { CustomerField } from './CustomerField.tsx'

const shape = z.object({
  customerId: z.string({ error: 'required' }).min(1, { error: 'required' }),
  confirmName: z.string().min(1, { error: 'required' }),
  hasConsent: z.literal(true, { error: 'required' }),
  reason: z.string().max(200),
})

/** AGT-11: the product with all its agents to another customer. By name, since it changes who sees what. */
export function MoveDialog({ product, close }: { product: Product; close(): void }) {
  const say = useText()
  const go = useGo()
  const moving = useAction(identityApi.moveProduct)
  const form = useForm({
    initial: { customerId: null as string | null, confirmName: '', hasConsent: false, reason: '' },
    shape,
    submit: (values) => moving.run({ params: { productId: product.id }, body: values as never }),
    onDone: (move) => {
      toast({ key: 'identity.moved', values: { product: move.productName, customer: move.to.name } })
      close()
      void go(paths.moves({ productId: product.id, move: move.id }))
    },
  })
  return (
    <Dialog title={say('identity.move.title', { product: product.description })} closeLabel={say('kit.close')} onClose={close}>
      <Form form={form} unguarded action="identity.move" isDangerous secondary={<Button onClick={close}>{say('kit.cancel')}</Button>}>
        <p>{say('identity.move.consequence', { count: product.endpointCount })}</p>
        <CustomerField name="customerId" label="identity.move.to" except={product.customerId} />
        <TextField name="reason" label="identity.move.reason" help="identity.move.reason.help" maxLength={200} />
        <CheckboxField name="hasConsent" label="identity.move.consent" help="identity.move.consent.help" />
        <TextField
          name="confirmName"
          label={{ key: 'kit.confirm.type-name', values: { name: product.description } }}
          isRequired
          maxLength={200}
        />
        <p className="quiet">{say('identity.move.undo')}</p>
      </Form>
    </Dialog>
  )
}
