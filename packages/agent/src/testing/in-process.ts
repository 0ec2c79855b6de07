import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Agent, type AgentOptions } from '../cli/agent.ts'
import { saveSettings } from '../cli/settings.ts'
import { enrol } from '../core/enrol.ts'
import { silentLog, textLog } from '../core/log.ts'
import type { MachineSources } from '../core/machine.ts'
import type { Peer } from './peer.ts'

/** A machine of a test's own; `name` tells one from another. */
export const aMachine = (name: string): MachineSources => ({
  hostname: () => name,
  addresses: () => ['192.0.2.1'],
  read: (path) => (path === '/etc/machine-id' ? Promise.resolve(`machine-of-${name}`) : Promise.reject(new Error('none'))),
})

export const testLog = process.env.VIGIE_TEST_LOG ? textLog('debug') : silentLog
export const quick: AgentOptions['timing'] = {
  backOffBaseMs: 20,
  backOffCapMs: 100,
  refusedMs: 300,
  disabledPollMs: 200,
  disabledLingerMs: 50,
  answerMs: 5_000,
  drainMs: 2_000,
}

export const newStateFolder = (): Promise<string> => mkdtemp(join(tmpdir(), 'vigie-agent-'))
export const remove = (folder: string): Promise<void> => rm(folder, { recursive: true, force: true })

export async function enrolled(peer: Peer, stateFolder: string, machine = aMachine('one')): Promise<string> {
  const { agentId } = await enrol({
    stateFolder,
    server: peer.url,
    guid: peer.guid,
    key: peer.key,
    caSha256: peer.certificates.caSha256,
    machine,
  })
  return agentId
}

export async function started(
  stateFolder: string,
  options: Partial<AgentOptions> = {},
  clamav: object = { clamdSocket: '/nonexistent/clamd.sock' },
): Promise<Agent> {
  // the machine a test runs on is nobody's to watch
  await saveSettings(stateFolder, { engines: { clamav: { onAccess: null, ...clamav } } })
  return (await Agent.start({ stateFolder, log: testLog, machine: aMachine('one'), timing: quick, probeMs: 200, ...options }))!
}
