import { describe, expect, it } from 'vitest'
import { contradictions, judge, type Deed, type OpenCommand } from './contradictions.ts'
import { commandTypes } from './types.ts'

const open = (text: string): OpenCommand[] =>
  text
    .split(' ')
    .filter(Boolean)
    .map((one) => {
      const [type, step] = one.split(':')
      return { type, step } as OpenCommand
    })
const told = ({ isRefusedBy, superseded }: ReturnType<typeof judge>) =>
  isRefusedBy ? `refused by ${isRefusedBy.type}` : superseded.map(({ type }) => type).join(' ')

describe('commands that contradict each other (AGT-3)', () => {
  it.each<[Deed, string, string]>([
    ['stop-scan', 'scan-now:waiting', 'scan-now'],
    ['stop-scan', 'scan-now:delivered', ''],
    ['stop-scan', 'scan-now:running', ''],
    ['scan-now', 'scan-now:waiting', 'scan-now'],
    ['scan-now', 'scan-now:running', ''],
    ['scan-now', 'stop-scan:waiting update-components:waiting', 'stop-scan'],
    ['apply-settings', 'apply-settings:waiting apply-settings:delivered', 'apply-settings'],
    ['apply-settings', 'scan-now:waiting', ''],
    ['start-outbreak-defence', 'stop-outbreak-defence:waiting', 'stop-outbreak-defence'],
    ['stop-outbreak-defence', 'start-outbreak-defence:waiting', 'start-outbreak-defence'],
    ['disable', 'scan-now:waiting update-components:waiting check:running', 'scan-now update-components'],
    ['enable', 'scan-now:waiting', ''],
    ['scan-now', 'uninstall-agent:waiting', 'refused by uninstall-agent'],
    ['apply-settings', 'move-agent:delivered', 'refused by move-agent'],
    ['move-agent', 'scan-now:waiting', 'scan-now'],
    ['move-agent', 'move-agent:waiting', 'move-agent'],
    ['move-agent', 'move-agent:delivered', 'refused by move-agent'],
    ['uninstall-agent', 'move-agent:waiting scan-now:waiting', 'move-agent scan-now'],
    ['uninstall-agent', 'uninstall-agent:delivered', 'refused by uninstall-agent'],
  ])('%s while [%s] are open: [%s]', (deed, commands, expected) => {
    expect(told(judge(deed, open(commands)))).toBe(expected)
  })

  it('has its line for every command', () => {
    expect(commandTypes.filter((type) => !(type in contradictions))).toEqual([])
  })
})
