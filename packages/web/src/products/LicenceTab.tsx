import { licencesApi } from '@vigie/domain/licences'
import type { Product } from '@vigie/domain/products'
import type { ReactNode } from 'react'
import { NotShown, useIsWithheld } from '../consent/index.ts'
import { Empty, Facts, Link, Panel, paths, query, Stack, useLoaded, useText } from '../kit/index.ts'
import { LicenceEnd, LicenceKindWord, LicenceStateTag, Seats } from '../licences/index.ts'
import { catalogue } from './catalogue.ts'

/** PRD-4: by what the product is licensed, and what it reports of its licence; what was bought is not kept yet, and it says so. */
export function LicenceTab({ product }: { product: Product }) {
  return useIsWithheld('view-licences', product.customerId) ? (
    <Panel>
      <NotShown activity="view-licences" customerId={product.customerId} />
    </Panel>
  ) : (
    <Reported product={product} />
  )
}

function Reported({ product }: { product: Product }) {
  const say = useText()
  const { types } = useLoaded(catalogue)
  const [licence] = useLoaded(query(licencesApi.listLicences).with({ query: { productId: product.id } })).rows
  const unit = types.find(({ id }) => id === product.typeId)?.licenceUnit
  const used =
    unit === 'endpoint' ? say('products.licence.endpoints', { count: product.endpointCount }) : say('products.licence.used.unknown')
  const facts: [label: string, value: ReactNode][] =
    licence === undefined
      ? [['products.licence.used', used]]
      : [
          ['licences.column.state', <LicenceStateTag key="state" state={licence.state} />],
          ['licences.column.kind', <LicenceKindWord key="kind" kind={licence.kind} />],
          ['licences.column.expiresAt', <LicenceEnd key="end" expiresAt={licence.expiresAt} />],
          ['licences.seats-used', <Seats key="used" seats={licence.seatsUsed} beyond={licence.seats} />],
          ['licences.seats', <Seats key="seats" seats={licence.seats} />],
        ]
  return (
    <Stack>
      <Panel>
        <Facts facts={[['products.licence.unit', unit && say(`licence-unit.${unit}`)], ...facts]} />
      </Panel>
      {licence === undefined ? (
        <Empty icon="key" title="products.licence.none" about="products.licence.none.about" />
      ) : (
        <>
          <p className="quiet">{say('licences.about')}</p>
          <Link to={paths.customer({ customerId: product.customerId, tab: 'licences' })}>{say('products.licence.of-customer')}</Link>
        </>
      )}
    </Stack>
  )
}
