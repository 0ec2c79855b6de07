import type { Handler } from '../platform/index.ts'
import { settingRoutes as ownRoutes } from './routes.ts'
import { templateRoutes } from './template-routes.ts'
import { urlRoutes } from './url-routes.ts'

export { settingJobs } from './jobs.ts'
export { noteReported, type Reported } from './reported.ts'
export const settingRoutes: Handler[] = [...ownRoutes, ...templateRoutes, ...urlRoutes]
export { followFromTheStart } from './from-the-start.ts'
export { lookAtSettings, setAtPlaces, type CarriedSettings, type CarryPlace, type Looked, type Memory } from './carry.ts'
export { lookAtUrls, setUrls, type CarriedUrls, type UrlMemory } from './carry-urls.ts'
export { deliver as deliverSettings } from './delivery.ts'
export { get as getTemplate, versions as templateVersions } from './templates.ts'
export { holdSettings } from './wanted.ts'
