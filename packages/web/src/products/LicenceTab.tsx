import type { Product } from '@vigie/domain/products'
import { NotShown, useIsWithheld } from '../consent/index.ts'
import { Empty, Facts, Panel, Stack, useLoaded, useText } from '../kit/index.ts'
import { catalogue } from './catalogue.ts'

/** PRD-4: by what the product is licensed, and how much of it is in use; plans and terms are not kept yet, and it says so. */
export function LicenceTab({ product }: { product: Product }) {
  const say = useText()
  const { types } = useLoaded(catalogue)
  const isWithheld = useIsWithheld('view-licences', product.customerId)
  const unit = types.find(({ id }) => id === product.typeId)?.licenceUnit
  if (isWithheld)
    return (
      <Panel>
        <NotShown activity="view-licences" customerId={product.customerId} />
      </Panel>
    )
  return (
    <Stack>
      <Panel>
        <Facts
          facts={[
            ['products.licence.unit', unit && say(`licence-unit.${unit}`)],
            [
              'products.licence.used',
              unit === 'endpoint'
                ? say('products.licence.endpoints', { count: product.endpointCount })
                : say('products.licence.used.unknown'),
            ],
          ]}
        />
      </Panel>
      <Empty icon="key" title="products.licence.none" about="products.licence.none.about" />
    </Stack>
  )
}
