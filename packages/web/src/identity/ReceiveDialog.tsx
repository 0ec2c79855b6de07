import { identityApi } from '@vigie/domain/identity'
import type { Product } from '@vigie/domain/products'
import { useState } from 'react'
import * as z from 'zod'
import { Button, CopyText, Dialog, Form, NumberField, Stack, useAction, useForm, useFormat, useText } from '../kit/index.ts'

const shape = z.object({ machines: z.number({ error: 'required' }).int().min(1).max(500) })

/** AGT-11, the receiving side: one word to carry to the giving one. Told once. */
export function ReceiveDialog({ product, close }: { product: Product; close(): void }) {
  const say = useText()
  const { moment } = useFormat()
  const issuing = useAction(identityApi.issueConnectionCode)
  const [made, setMade] = useState<{ connectionCode: string; expiresAt: string } | null>(null)
  const form = useForm({
    initial: { machines: 10 as number | null },
    shape,
    submit: (values) => issuing.run({ params: { productId: product.id }, body: values as { machines: number } }),
    onDone: (reply) => setMade(reply),
  })
  return (
    <Dialog title={say('identity.receive.title', { product: product.description })} closeLabel={say('kit.close')} onClose={close}>
      {made === null ? (
        <Form form={form} unguarded action="identity.receive.make" secondary={<Button onClick={close}>{say('kit.cancel')}</Button>}>
          <p>{say('identity.receive.about')}</p>
          <NumberField
            name="machines"
            label="identity.receive.machines"
            help="identity.receive.machines.help"
            min={1}
            max={500}
            isRequired
          />
        </Form>
      ) : (
        <Stack>
          <p>{say('identity.receive.next', { at: moment(made.expiresAt) })}</p>
          <CopyText text={made.connectionCode} label={say('identity.switch.code')} block />
          <p className="quiet">{say('identity.receive.once')}</p>
          <div>
            <Button kind="primary" onClick={close}>
              {say('kit.close')}
            </Button>
          </div>
        </Stack>
      )}
    </Dialog>
  )
}
