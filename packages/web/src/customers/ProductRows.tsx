import type { ProductType } from '@vigie/domain/products'
import { Button, FieldGroup, IconButton, SelectField, TextField, useFormState, useText } from '../kit/index.ts'
import css from './customers.module.css'

interface Line {
  typeId: string
  description: string
}

/** Products to add with the customer; none is fine, they can come later. */
export function ProductRows({ types }: { types: readonly ProductType[] }) {
  const say = useText()
  const form = useFormState()
  const lines = form.get('products') as Line[]
  const add = () => form.set('products', [...lines, { typeId: types[0]?.id ?? '', description: '' }])
  return (
    <FieldGroup title="customers.products.title" about="customers.products.about">
      {lines.map((_, index) => (
        <div key={index} className={css.productRow}>
          <SelectField
            name={`products.${index}.typeId`}
            label="products.type"
            options={types.map((type) => ({ value: type.id, label: `product-type.${type.id}.name` }))}
            isRequired
          />
          <TextField
            name={`products.${index}.description`}
            label="products.description"
            help="products.description.help"
            isRequired
            maxLength={20}
          />
          <IconButton
            icon="trash"
            label={say('customers.products.remove', { number: index + 1 })}
            onClick={() =>
              form.set(
                'products',
                lines.filter((__, other) => other !== index),
              )
            }
          />
        </div>
      ))}
      <div>
        <Button icon="plus" disabledReason={lines.length >= 20 ? say('field.too-many', { max: 20 }) : undefined} onClick={add}>
          {say(lines.length === 0 ? 'customers.products.add' : 'customers.products.add-another')}
        </Button>
      </div>
    </FieldGroup>
  )
}
