export {
  assertConsent,
  enterGate,
  isViewAllowed,
  restrictView,
  soughtByAddress,
  soughtWords,
  withoutAddresses,
  withoutConsent,
} from './check.ts'
export { consentRoutes } from './routes.ts'
