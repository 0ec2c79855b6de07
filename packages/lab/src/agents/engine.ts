import { createPublicKey, verify, type KeyObject } from 'node:crypto'
import { canonicalJson, commandPrefix, type CommandOrder, type EndpointItem, type OutcomeItem } from '@vigie/domain/agents'
import type { LabIdentity } from './identity.ts'
import type { SettingsMode, SimSettings } from './settings.ts'

/** How the simulated engines answer commands. `silent`: they take them and never say more. */
export interface EngineBehaviour {
  answers: 'succeed' | 'fail' | 'silent'
  /** From `running` to the outcome. */
  workMs: number
  /** How they take settings; default: as they are told. */
  settings?: SettingsMode
}
export const promptEngine: EngineBehaviour = { answers: 'succeed', workMs: 200 }

const keys = new Map<string, KeyObject>()
function keyOf(raw: string): KeyObject {
  const known = keys.get(raw)
  if (known) return known
  const key = createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x: raw }, format: 'jwk' })
  keys.set(raw, key)
  return key
}

/** R14 as a real agent holds it: ours, signed, in time, newer than the last. */
export function isAcceptable(order: CommandOrder, signature: string, identity: LabIdentity, lastNumber: number, now: Date): boolean {
  return (
    order.agentId === identity.agentId &&
    order.number > lastNumber &&
    Date.parse(order.notBefore) <= now.getTime() + 60_000 &&
    Date.parse(order.expiresAt) > now.getTime() &&
    verify(null, Buffer.from(commandPrefix + canonicalJson(order)), keyOf(identity.commandKey), Buffer.from(signature, 'base64url'))
  )
}

/** Which orders a simulated endpoint takes now (AGT-7). */
export const offers = (settings: SimSettings): EndpointItem['commands'] =>
  [
    'scan-now',
    'stop-scan',
    'update-components',
    'synchronise',
    'check',
    'apply-settings',
    'start-outbreak-defence',
    'stop-outbreak-defence',
  ].map((type) =>
    type === 'apply-settings' && settings.item === null
      ? { type, isSupported: false, reason: 'not-supported' }
      : { type, isSupported: true, reason: null },
  )

/** What the endpoint says of itself: an engine that is plainly named as simulated. */
export function endpointItem({ machine }: LabIdentity, now: Date, settings: SimSettings): EndpointItem {
  const at = now.toISOString()
  return {
    kind: 'endpoint',
    endpoint: machine.fingerprint,
    at,
    name: machine.hostname,
    platform: machine.platform,
    addresses: machine.addresses,
    engine: {
      engine: 'lab',
      engineVersion: 'simulated',
      patternVersion: '1',
      patternBuiltAt: at,
      updateCheckedAt: at,
      realTimeScan: settings.realTimeScan,
      scan: { isRunning: false, startedAt: null, finishedAt: null },
      problem: null,
    },
    commands: offers(settings),
    settings: settings.item,
  }
}

/** The steps of one command; `evidence.simulated` marks that no engine did it. */
export function outcomeItem(commandId: string, step: OutcomeItem['step'], now: Date, evidence: OutcomeItem['evidence'] = {}): OutcomeItem {
  return {
    kind: 'outcome',
    commandId,
    at: now.toISOString(),
    step,
    evidence: { simulated: true, ...(step === 'failed' ? { reason: 'engine-error' } : {}), ...evidence },
  }
}

/** AGT-10 from afar: what a check finds on a machine that is made up; there is no way to look at. */
export const checkEvidence = (now: Date): OutcomeItem['evidence'] => ({
  process: 'ok',
  network: 'ok',
  connectionTarget: 'ok',
  requirements: 'not-run',
  engine: 'not-run',
  checkedAt: now.toISOString(),
})
