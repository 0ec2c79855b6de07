import { screen } from '../kit/screen.ts'

export const screens = [
  screen('/administration/templates', () => import('./TemplatesPage.tsx')),
  screen('/administration/templates/:templateId', () => import('./TemplatePage.tsx')),
  screen('/administration/urls', () => import('./UrlsPage.tsx')),
]
