import { Problem } from '../kernel/index.ts'

const hourMs = 3_600_000
/** AGT-6: a machine that comes back within this after it fell silent, under another identity, was reinstalled. */
export const reinstallWithinMs = 3 * 24 * hourMs
/** AGT-11: a move may be taken back for so long. */
export const moveReversibleDays = 30

/** CUS-5's rule for endpoints. @throws endpoint.name-differs */
export function assertEndpointNamed(name: string, confirmName: string): void {
  if (confirmName.trim() !== name.trim())
    throw new Problem('endpoint.name-differs', {}, { fields: [{ path: 'confirmName', code: 'name-differs' }] })
}

/** Addresses that many machines have at once tell nothing: loopback, link-local, and what container bridges are given everywhere. */
export const commonAddresses = '^(127\\.|169\\.254\\.|172\\.17\\.|::1$|fe80:|0\\.0\\.0\\.0$|::$)'
/** Names a machine has when nobody named it. */
export const commonNames: readonly string[] = ['', 'localhost', 'localhost.localdomain', 'debian', 'ubuntu', 'raspberrypi']
