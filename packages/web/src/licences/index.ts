import { lazily } from '../kit/index.ts'

export const LicenceTable = lazily(() => import('./LicenceTable.tsx'), 'LicenceTable')
export { LicenceEnd, LicenceKindWord, LicenceStateTag, Seats } from './words.tsx'
