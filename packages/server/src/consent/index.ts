export { assertConsent, enterGate, isViewAllowed, restrictView, withoutConsent } from './check.ts'
export { consentRoutes } from './routes.ts'
