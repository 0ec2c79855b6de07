export { ConsentRule, consentRule } from './ConsentRule.tsx'
export { ConsentTab } from './ConsentTab.tsx'
export { fileContent } from './file-content.ts'
export { WithheldNotice } from './WithheldNotice.tsx'
