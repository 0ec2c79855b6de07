import { ProductDescription, productsApi, type Product } from '@vigie/domain/products'
import * as z from 'zod'
import { Button, Dialog, Form, TextField, toast, useAction, useForm, useText } from '../kit/index.ts'

const shape = z.object({ description: ProductDescription })

/** Another description; the GUID stays. */
export function RenameDialog({ product, close }: { product: Product; close(): void }) {
  const say = useText()
  const renaming = useAction(productsApi.updateProduct)
  const form = useForm({
    initial: { description: product.description },
    shape,
    submit: (body) => renaming.run({ params: { productId: product.id }, body }, { version: product.version }),
    onDone: () => {
      toast('kit.saved')
      close()
    },
  })
  return (
    <Dialog title={say('products.rename')} closeLabel={say('kit.close')} onClose={close}>
      <Form form={form} unguarded onlyWhenDirty secondary={<Button onClick={close}>{say('kit.cancel')}</Button>}>
        <TextField name="description" label="products.description" help="products.description.help" isRequired maxLength={20} autoFocus />
      </Form>
    </Dialog>
  )
}
