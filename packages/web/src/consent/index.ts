import { lazily } from '../kit/index.ts'

export { Addresses, AddressesInFull, NotShown, useIsWithheld } from './Addresses.tsx'
export { ConsentRule, consentRule } from './ConsentRule.tsx'
export const ConsentTab = lazily(() => import('./ConsentTab.tsx'), 'ConsentTab')
export { fileContent } from './file-content.ts'
export { WithheldNotice } from './WithheldNotice.tsx'
