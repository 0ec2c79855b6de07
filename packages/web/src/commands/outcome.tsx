import type { Command, CommandStep } from '@vigie/domain/commands'
import { StateTag, useFormat, useText, type Sign } from '../kit/index.ts'
import type { Formats, Speaker } from '../kit/text.tsx'

const tones: Readonly<Record<CommandStep, Sign | 'good'>> = {
  waiting: 'pending',
  delivered: 'pending',
  running: 'pending',
  succeeded: 'good',
  failed: 'action-required',
  expired: 'warning',
  unknown: 'unknown',
}
/** `succeeded` says that the engine itself showed it (AGT-3). @param isPast another step came after it: it is told, no longer signalled */
export function CommandStepTag({ step, isPast = false }: { step: CommandStep; isPast?: boolean }) {
  const say = useText()
  const about = `command-step.${step}.about`
  return <StateTag label={`command-step.${step}`} tone={isPast ? 'quiet' : tones[step]} title={say.has(about) ? say(about) : undefined} />
}

export const isInstant = (value: unknown): value is string => typeof value === 'string' && /^\d{4}-\d{2}-\d{2}T[\d:.]+Z$/.test(value)

/** One value of the engine's evidence in the reader's words. */
export function evidenceText(name: string, value: unknown, say: Speaker, format: Pick<Formats, 'number' | 'moment'>): string {
  if (name === 'reason' && typeof value === 'string') return say.has(`command-reason.${value}`) ? say(`command-reason.${value}`) : value
  if (typeof value === 'string' && ['problem', 'fault'].includes(name) && say.has(value)) return say(value)
  if (typeof value === 'string' && checkNames.includes(name) && say.has(`check.result.${value}`)) return say(`check.result.${value}`)
  if (isInstant(value)) return format.moment(value)
  if (typeof value === 'number') return format.number(value)
  if (typeof value === 'boolean') return say(value ? 'common.yes' : 'common.no')
  return value === null || value === undefined || value === '' ? '–' : String(value)
}

/** The few figures that prove it, on one line: for lists. */
export function CommandOutcome({ command }: { command: Command }) {
  const say = useText()
  const format = useFormat()
  const { reason, ...figures } = command.evidence
  if (typeof reason === 'string') return <span>{evidenceText('reason', reason, say, format)}</span>
  const shown = brief.filter((name) => figures[name] !== undefined && figures[name] !== null)
  if (shown.length === 0) return <span className="faint">–</span>
  return (
    <span className="figures">
      {shown
        .map((name) => `${say(`evidence.${name}`)}${say('commands.colon')}${evidenceText(name, figures[name], say, format)}`)
        .join(' · ')}
    </span>
  )
}
const brief = ['filesScanned', 'threatsFound', 'patternVersion', 'fault']
/** Steps of a check from afar (AGT-10). */
const checkNames: readonly string[] = ['process', 'network', 'connectionTarget', 'requirements', 'engine']
