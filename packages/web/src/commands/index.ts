import { screen } from '../kit/index.ts'

export { CommandSteps } from './CommandSteps.tsx'
export { CommandTable } from './CommandTable.tsx'
export { CommandOutcome, CommandStepTag } from './outcome.tsx'
export { choicesFor, stateBlocks, type CommandChoice } from './choices.ts'
export { useSendCommand } from './useSendCommand.ts'

export const screens = [screen('/commands', () => import('./CommandsPage.tsx'))]
