import { orderLevels } from '@vigie/domain/orders'
import { ChoiceField, Part, SegmentField, TextareaField, useFormState } from '../kit/index.ts'
import { CarriedFields } from '../settings/index.ts'
import { mostEntries } from './order-form.ts'

/** What an order carries to many customers: settings (ADM-3) or addresses (ADM-2). @param isAtProducts products were chosen: there is nothing else to say about where */
export function CarryFields({ type, isAtProducts }: { type: string; isAtProducts: boolean }) {
  const carries = useFormState().get('carries') as string
  if (type === 'change-urls') {
    return (
      <>
        <SegmentField
          name="list"
          label="orders.carry.list"
          options={(['approved', 'blocked'] as const).map((kind) => ({ value: kind, label: `url-kind.${kind}` }))}
        />
        <TextareaField
          name="entries"
          label="orders.carry.entries"
          help={{ key: 'orders.carry.entries.help', values: { max: mostEntries } }}
          rows={5}
          isRequired
        />
      </>
    )
  }
  return (
    <>
      <SegmentField
        name="carries"
        label="orders.carry.what"
        options={[
          { value: 'values', label: 'orders.carry.values' },
          { value: 'template', label: 'orders.carry.template' },
        ]}
      />
      <Part key={carries}>
        <CarriedFields carries={carries} />
      </Part>
      {!isAtProducts && (
        <ChoiceField
          name="at"
          label="orders.carry.at"
          options={orderLevels.map((level) => ({ value: level, label: `order-level.${level}` }))}
        />
      )}
    </>
  )
}
