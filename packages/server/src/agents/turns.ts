import { createHash } from 'node:crypto'
import { areTwins, commonAddresses, noteFall } from '@vigie/domain/identity'
import { record } from '../audit/index.ts'
import type { TenantDb } from '../platform/index.ts'
import { byAgent, cleanMachine } from './enrol.ts'
import type { Greeting } from './hello.ts'
import type { Verdict } from './lives.ts'
import { keepFalls, type AgentRow } from './store.ts'

const isCommon = new RegExp(commonAddresses)
/** Where a machine is, as far as its addresses tell; empty: they tell nothing. */
export function placeOf(addresses: readonly string[]): string {
  const own = addresses.filter((address) => !isCommon.test(address)).toSorted()
  return own.length === 0 ? '' : createHash('sha256').update(own.join(' ')).digest('hex').slice(0, 16)
}

/**
 * Two identical machines that are never online together look like one that is restored again and again (R10): nobody is refused, but somebody is told, once. True: these are
 * probably two.
 */
export async function noteTurn(db: TenantDb, greeting: Greeting, agent: AgentRow, verdict: Verdict, now: Date): Promise<boolean> {
  const { services, hello, address } = greeting
  const was = areTwins(agent.falls)
  if (verdict !== 'accept-anew' || hello.counter > agent.counter || hello.machine.fingerprint !== agent.fingerprint) return was
  const falls = noteFall(agent.falls, {
    atMs: now.getTime(),
    counter: hello.counter,
    from: placeOf(agent.addresses),
    to: placeOf(hello.machine.addresses),
  })
  await keepFalls(db, agent.id, falls)
  const is = areTwins(falls)
  if (is && !was) {
    await record(db, services.vault, now, byAgent(agent.id, hello.machine, address), {
      activity: 'agent.possible-clone',
      object: { kind: 'agent', id: agent.id, name: agent.hostname },
      customerId: agent.customerId,
      before: { addresses: agent.addresses, counter: agent.counter },
      after: { machine: cleanMachine(hello.machine), counter: hello.counter },
    })
  }
  return is
}
