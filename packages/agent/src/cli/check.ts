import { constants } from 'node:fs'
import { access, writeFile } from 'node:fs/promises'
import { firstFault, type CheckReport, type CheckResult } from '@vigie/domain/agents'
import { checkMachine } from '../core/check.ts'
import { errorCode } from '../core/files.ts'
import { longPolling } from '../core/probe.ts'
import { askAgent } from '../core/status.ts'
import { text, type Context } from './context.ts'
import { CliError, type ExitName } from './exit-codes.ts'
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
      const said = one.detail && spoken[one.finding]?.(one.detail)
      const detail = one.detail === null ? '' : ` (${said && t.has(said) ? t(said) : plain(one.detail)})`
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

/** Details that are words, and the text keys of those. */
const spoken: Record<string, (detail: string) => string> = {
  'real-time-scan': (detail) => `real-time-scan.${detail}`,
  carrier: (detail) => (detail === longPolling ? 'agent.status.way.polling' : ''),
  channel: (detail) => (detail.startsWith(longPolling) ? 'agent.status.way.polling' : ''),
}

/** Values that some of the named texts want. */
const facts = { seconds: 60, infections: 1, folder: '', cause: '' }

/** @throws CliError `not-allowed`: who may not look into the state folder would be told that no agent is here */
export async function takeReport(stateFolder: string): Promise<CheckReport> {
  await access(stateFolder, constants.R_OK | constants.X_OK).catch((error: unknown) => {
    if (errorCode(error) === 'EACCES') throw new CliError('not-allowed', 'agent.error.not-allowed')
  })
  const isManaged = await hasSystemd()
  const service = !isManaged ? null : !(await isInstalled()) ? 'missing' : (await isServiceActive()) ? 'running' : 'stopped'
  return checkMachine({ stateFolder, live: await askAgent(stateFolder, 'status'), service })
}
