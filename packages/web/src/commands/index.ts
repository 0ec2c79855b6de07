import { lazily } from '../kit/index.ts'

export { CommandSteps } from './CommandSteps.tsx'
export const CommandTable = lazily(() => import('./CommandTable.tsx'), 'CommandTable')
export { CommandOutcome, CommandStepTag } from './outcome.tsx'
export { choicesFor, stateBlocks, type CommandChoice } from './choices.ts'
export { useSendCommand } from './useSendCommand.ts'
