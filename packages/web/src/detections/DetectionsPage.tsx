import { WithheldNotice } from '../consent/index.ts'
import { load, Page, useAddress, useCustomerFilter, useFormat, useOriginFilters, type Filter } from '../kit/index.ts'
import { detectionList, DetectionTable } from './DetectionTable.tsx'

export const loader = load(detectionList())

/** All detections one may see. */
export default function DetectionsPage() {
  const filters = [...useCustomerFilter(), ...useOriginFilters(), ...useCountedFilters()]
  return (
    <Page title="detections.title" about="detections.about" fills tabs={<WithheldNotice activity="view-detections" />}>
      <DetectionTable filters={filters} />
    </Page>
  )
}

/** What a number of the dashboard counted: its time and type, and the threat that a search found, stand as chips while the address holds them. */
function useCountedFilters(): Filter[] {
  const { countedFrom, countedUntil, typeId, family, threat } = useAddress().search
  const { moment } = useFormat()
  const one = (key: string, label: string, value: string | undefined, words: Filter['options'][number]['label']): Filter[] =>
    value ? [{ key, label, isSingle: true, options: [{ value, label: words }] }] : []
  const at = (value: string | undefined) => ({ text: value && !Number.isNaN(Date.parse(value)) ? moment(value) : (value ?? '') })
  return [
    ...one('threat', 'detections.column.threat', threat, { text: threat ?? '' }),
    ...one('countedFrom', 'detections.counted-from', countedFrom, at(countedFrom)),
    ...one('countedUntil', 'detections.counted-until', countedUntil, at(countedUntil)),
    ...one('family', 'detections.column.family', family, `family.${family}`),
    ...one('typeId', 'detections.column.product-type', typeId, `product-type.${typeId}.name`),
  ]
}
