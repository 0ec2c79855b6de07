export { add as addRelease, listForOperator as listReleases, remove as removeRelease, trust as trustRoot } from './add.ts'
export { answerRelease, releaseRoot } from './pages.ts'
export { releaseRoutes } from './routes.ts'
export { isApproved as isVersionApproved } from './store.ts'
