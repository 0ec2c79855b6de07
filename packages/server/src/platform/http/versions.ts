import { Problem } from '@vigie/domain/kernel'

/** Edits carry `If-Match`: of two people editing one thing the second is told. @throws request.precondition-missing, request.changed-meanwhile */
export function assertVersion(ifMatch: number | null, current: number): void {
  if (ifMatch === null) throw new Problem('request.precondition-missing')
  if (ifMatch !== current) throw new Problem('request.changed-meanwhile', { version: current })
}
