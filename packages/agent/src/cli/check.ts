import { writeFile } from 'node:fs/promises'
import { firstFault, type CheckReport, type CheckResult } from '@vigie/domain/agents'
import { checkMachine } from '../core/check.ts'
import { askAgent } from '../core/status.ts'
import { text, type Context } from './context.ts'
import type { ExitName } from './exit-codes.ts'
import { hasSystemd, isInstalled, isServiceActive } from './service.ts'
import { labelled, plain, type Sign } from './words.ts'

export const checkOptions = { output: { type: 'string' } } as const

const resultSigns: Record<CheckResult, Sign> = { ok: 'fine', warning: 'warning', failed: 'action', 'not-run': 'unknown' }
/** Where the first failure lies decides the exit code, as `status` has it. */
const exits: Record<CheckReport['steps'][number]['step'], ExitName> = {
  process: 'not-running',
  network: 'not-connected',
  'connection-target': 'not-connected',
  requirements: 'fault',
  engine: 'engine-problem',
}

/** `vigie-agent check [--output FILE]` (AGT-10). `--json`, and the file, hold what the console's "my endpoint does not show" takes. */
export async function checkCommand(context: Context): Promise<ExitName> {
  const { t, say, sayWith } = context
  const report = await takeReport(context.stateFolder)
  for (const { step, result, findings } of report.steps) {
    sayWith(resultSigns[result], labelled(t.locale, t(`check.step.${step}`), t(`check.result.${result}`)))
    for (const one of findings) {
      const detail = one.detail === null ? '' : ` (${plain(one.detail)})`
      say(
        `    ${labelled(t.locale, t(`check.${step}.${one.finding}`), one.problem && t.has(one.problem) ? t(one.problem, facts) : t(`check.result.${one.result}`))}${detail}`,
      )
      const remedy = one.problem && `${one.problem}.remedy`
      if (remedy && t.has(remedy)) say(`      ${t(remedy, facts)}`)
    }
  }
  const file = text(context, 'output')
  if (file !== undefined) await writeFile(file, `${JSON.stringify(report, null, 2)}\n`)
  context.sayJson(report)
  const fault = firstFault(report)
  if (fault === null || fault.result !== 'failed') return 'fine'
  return fault.finding === 'registered' ? 'not-registered' : exits[fault.step]
}

/** Values that some of the named texts want. */
const facts = { seconds: 60, infections: 1, folder: '', cause: '' }

export async function takeReport(stateFolder: string): Promise<CheckReport> {
  const isManaged = await hasSystemd()
  const service = !isManaged ? null : !(await isInstalled()) ? 'missing' : (await isServiceActive()) ? 'running' : 'stopped'
  return checkMachine({ stateFolder, live: await askAgent(stateFolder, 'status'), service })
}
