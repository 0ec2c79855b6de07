import { lazily } from '../kit/index.ts'

export const SiteTab = lazily(() => import('./SiteTab.tsx'), 'SiteTab')
