import type { SessionState } from '@vigie/domain/access'
import { useAddress, useGo } from '../kit/address.ts'
import { paths, safeReturn } from '../kit/paths.ts'
import { queryClient } from '../kit/query.ts'

/** Where a session of this state goes on: to what was wanted, or to the page that completes it. Nothing of an earlier session is kept. */
export function useAfterSignIn() {
  const go = useGo()
  const wanted = useAddress().search['return']
  return (state: SessionState) => {
    queryClient.clear()
    const keep = wanted ? { return: wanted } : {}
    if (state === 'mfa-needed') return go(paths.secondFactor(keep), { replace: true })
    if (state === 'mfa-enrolment-needed') return go(paths.enrol(keep), { replace: true })
    return go(safeReturn(wanted), { replace: true })
  }
}

/** The token of a link: after `#`, so that no server or proxy ever saw it. Read once; it leaves the address at once. */
export function takeToken(): string {
  const token = decodeURIComponent(window.location.hash.slice(1))
  if (token) {
    kept = token
    window.history.replaceState(window.history.state, '', window.location.pathname + window.location.search)
  }
  return kept
}
let kept = ''
