// The gate: may this be done to, or shown of, the customer? Whoever sends or shows asks, so it uses no slice; the ledger behind it, with its routes, is `ledger`.
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
