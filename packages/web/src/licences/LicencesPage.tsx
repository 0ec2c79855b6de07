import { productsApi } from '@vigie/domain/products'
import { WithheldNotice } from '../consent/index.ts'
import { load, Page, query, useCustomerFilter, useQuietly, type Filter } from '../kit/index.ts'
import { licenceList, LicenceTable } from './LicenceTable.tsx'

const catalogue = query(productsApi.getCatalogue).with({})
export const loader = load(licenceList())

/** All licences one may see: where the numbers of the dashboard lead. */
export default function LicencesPage() {
  const types = useQuietly(catalogue)?.types.filter(({ categories }) => categories.includes('licence-expiring')) ?? []
  const type: Filter = {
    key: 'typeId',
    label: 'licences.column.typeId',
    isSingle: true,
    options: types.map(({ id }) => ({ value: id, label: `product-type.${id}.name` })),
  }
  const customers = useCustomerFilter()
  return (
    <Page title="licences.title" about="licences.about" fills tabs={<WithheldNotice activity="view-licences" />}>
      <LicenceTable filters={[...(types.length > 0 ? [type] : []), ...customers]} />
    </Page>
  )
}
