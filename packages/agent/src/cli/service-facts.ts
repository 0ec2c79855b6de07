import { exitCodes } from './exit-codes.ts'

/** What every kind of service manager is told of the agent's service. */
export const serviceFacts = {
  name: 'vigie-agent',
  description: 'Vigie agent',
  restartSeconds: 5,
  /** To say goodbye in; then it is ended. */
  stopSeconds: 25,
  /** Codes after which it is not started again: only a person can change what is wrong. */
  endsForGood: [exitCodes.unregistered, exitCodes['not-registered']],
} as const
/** Arguments after the program itself. */
export const serviceArguments = (stateFolder: string): string[] => ['run', '--state', stateFolder]
