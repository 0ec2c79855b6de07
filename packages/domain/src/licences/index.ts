export * as licencesApi from './api.ts'
export { standsFor, superfluousDays } from './days.ts'
export { inForce, Licence, licenceKinds, licenceStates, type LicenceKind, type LicenceState } from './shapes.ts'
