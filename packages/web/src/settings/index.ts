export { ProductSettings } from './ProductSettings.tsx'
export { SettingsPanel } from './SettingsPanel.tsx'
export { UrlLists } from './UrlLists.tsx'
