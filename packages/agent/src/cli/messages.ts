import type { Status } from '../core/status.ts'

/** The four tray icons of the agents that people know, in words (AGT-5; seed 002, page 6-9). Texts: `agent.icon.<icon>`. */
export type Icon = 'connected' | 'not-connected' | 'disconnected' | 'disabled'
export const icons: Record<Status['state'] | 'not-running', Icon> = {
  online: 'connected',
  connecting: 'not-connected',
  waiting: 'not-connected',
  unregistered: 'not-connected',
  'version-mismatch': 'not-connected',
  refused: 'not-connected',
  disabled: 'disabled',
  stopped: 'disconnected',
  'not-running': 'disconnected',
}

/** What brings a message about: a state that `status` tells, or what a command meets. */
export interface Message {
  /** As the seed has it (002, table 11-1), in short. */
  seed: string
  when: { state: Status['state'] | 'not-running' } | { command: string }
  /** Text key; its remedy is `<key>.remedy`. */
  text: string
}

/** Every message of the seed's table 11-1, and which of ours says it today (AGT-5). */
export const messages: readonly Message[] = [
  { seed: 'unknown error: check the system or restart the agent', when: { command: 'anything' }, text: 'agent.error.fault' },
  { seed: 'can not register with the remote server: wrong GUID', when: { state: 'refused' }, text: 'agent.status.refused' },
  { seed: 'can not register with the remote server: never registered', when: { command: 'status' }, text: 'agent.error.not-registered' },
  { seed: 'can not register with the remote server: taken away', when: { state: 'unregistered' }, text: 'agent.status.unregistered' },
  { seed: 'can not connect to the remote server', when: { state: 'waiting' }, text: 'agent.status.waiting' },
  { seed: 'agent disabled by the console', when: { state: 'disabled' }, text: 'agent.status.disabled' },
  { seed: 'the agent does not match the product', when: { state: 'version-mismatch' }, text: 'agent.status.version-mismatch' },
  { seed: 'the agent service has stopped', when: { state: 'not-running' }, text: 'agent.status.not-running' },
  {
    seed: 'components can not be loaded: the agent may have to be installed again',
    when: { command: 'anything' },
    text: 'agent.error.parts',
  },
  // The sentence of "Test connection" (the page after the table), one of ours for each leg.
  { seed: 'can not connect, settings may be wrong: internet', when: { command: 'test-connection' }, text: 'agent.connection.unreachable' },
  { seed: 'can not connect, settings may be wrong: address', when: { command: 'test-connection' }, text: 'agent.connection.name-unknown' },
  { seed: 'can not connect, settings may be wrong: port', when: { command: 'test-connection' }, text: 'agent.connection.refused' },
  { seed: 'can not connect, settings may be wrong: proxy', when: { command: 'test-connection' }, text: 'agent.connection.proxy-refused' },
  {
    seed: 'can not connect, settings may be wrong: sign-in at the proxy',
    when: { command: 'test-connection' },
    text: 'agent.connection.proxy-sign-in',
  },
]
