import { lazily } from '../kit/index.ts'

export const ProductSettings = lazily(() => import('./ProductSettings.tsx'), 'ProductSettings')
export const SettingsPanel = lazily(() => import('./SettingsPanel.tsx'), 'SettingsPanel')
export const UrlLists = lazily(() => import('./UrlLists.tsx'), 'UrlLists')
export const CarriedFields = lazily(() => import('./CarriedFields.tsx'), 'CarriedFields')
export const PlaceLines = lazily(() => import('./PlaceLines.tsx'), 'PlaceLines')
