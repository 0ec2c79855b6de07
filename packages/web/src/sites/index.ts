export { SiteTab } from './SiteTab.tsx'
