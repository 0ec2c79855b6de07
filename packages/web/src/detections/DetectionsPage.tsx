import { WithheldNotice } from '../consent/index.ts'
import { load, Page, useCustomerFilter, useOriginFilters } from '../kit/index.ts'
import { detectionList, DetectionTable } from './DetectionTable.tsx'

export const loader = load(detectionList())

/** All detections one may see. */
export default function DetectionsPage() {
  const filters = [...useCustomerFilter(), ...useOriginFilters()]
  return (
    <Page title="detections.title" about="detections.about" fills tabs={<WithheldNotice activity="view-detections" />}>
      <DetectionTable filters={filters} />
    </Page>
  )
}
