import type { ChildProcess } from 'node:child_process'
import { textLog } from '../core/log.ts'
import { startVersion } from '../core/programs.ts'
import { pause } from '../core/time.ts'
import { chooseProgram, confirmTrial, giveUpTrial, startsAtMost, type Chosen } from '../core/upgrade.ts'
import { loadUpgrade } from '../core/upgrade-record.ts'
import { exitCodes, type ExitName } from './exit-codes.ts'
import type { LaunchedWord, LauncherWord } from './launched.ts'
import { removeProgram } from './removal.ts'
import type { RunEnd } from './run.ts'

export interface LaunchOptions {
  stateFolder: string
  stop: AbortSignal
  /** The installed program's own agent. Its welcomes confirm nothing: it is what there is. */
  runHere: (launcher: { onWelcome: () => Promise<void> }) => Promise<RunEnd>
  welcomeMs?: number
}

/** R17: a new version that is not welcome at the server within this gives way to the old one. `VIGIE_UPGRADE_MINUTES` for slow lines. */
const welcomeMs = (): number => {
  const minutes = Number(process.env['VIGIE_UPGRADE_MINUTES'])
  return (minutes > 0 && minutes <= 60 ? minutes : 5) * 60_000
}
/** Less than the service manager's own patience (`TimeoutStopSec`). */
const stopAtMostMs = 20_000
const restartMs = 1_000

type End = { kind: 'again' } | { kind: 'end'; exit: ExitName }

/**
 * Runs the version that the record names and watches a new one: until the server welcomed it, it may crash twice and has five minutes; then the old one returns and says so (R17). The
 * launcher is always the installed program, which no upgrade replaces: whatever a new version does to itself, what watches it is the code an administrator put there.
 */
export async function launch({ stateFolder, stop, runHere, welcomeMs: patienceMs = welcomeMs() }: LaunchOptions): Promise<ExitName> {
  const log = textLog('info')
  /** When a trial's time is over: monotonic, of this life of the launcher; starts are counted on disk, so that several lives do not make it endless. */
  const deadlines = new Map<string, number>()
  for (;;) {
    const chosen = await chooseProgram(stateFolder)
    if (chosen.kind === 'own') {
      const end = await runHere({ onWelcome: () => Promise.resolve() })
      if (end === 'left') return await left()
      if (end !== 'upgrading') return end === 'unregistered' ? 'unregistered' : 'fine'
      continue
    }
    log.info('starting a version of its own', { version: chosen.version, isTrial: chosen.isTrial })
    const deadline = deadlines.get(chosen.version) ?? performance.now() + patienceMs
    deadlines.set(chosen.version, deadline)
    const end = await watch(stateFolder, chosen, stop, deadline, Math.min(stopAtMostMs, patienceMs))
    if (end.kind === 'end') return end.exit
    if (stop.aborted) return 'fine'
  }
}

/** One life of a version beside the installed one. */
async function watch(
  stateFolder: string,
  chosen: Extract<Chosen, { kind: 'beside' }>,
  stop: AbortSignal,
  deadline: number,
  stopMs: number,
): Promise<End> {
  const log = textLog('info')
  let [isTrial, isUpgrading, isLeft, isOverdue] = [chosen.isTrial, false, false, false]
  const child = startVersion(chosen.file, ['run', '--launched', '--state', stateFolder])
  let hardKill: NodeJS.Timeout | null = null
  const end = () => {
    child.kill('SIGTERM')
    hardKill ??= setTimeout(() => child.kill('SIGKILL'), stopMs)
  }
  const overdue = isTrial
    ? setTimeout(
        () => {
          isOverdue = isTrial
          if (isTrial) end()
        },
        Math.max(0, deadline - performance.now()),
      )
    : null
  /** In the order in which they were said: the record is written by one at a time. */
  let words: Promise<void> = Promise.resolve()
  child.on('message', (word: LaunchedWord) => {
    words = words
      .then(async () => {
        if (word.kind === 'upgrading') isUpgrading = true
        if (word.kind === 'left') isLeft = true
        if (word.kind !== 'welcome' || word.version !== chosen.version || isOverdue) return
        if (isTrial) await confirmTrial(stateFolder)
        if (isTrial) log.info('the new version was welcome', { version: chosen.version })
        isTrial = false
        if (child.connected) child.send({ kind: 'confirmed' } satisfies LauncherWord)
      })
      .catch((error: unknown) => log.warn('upgrade could not be confirmed', { cause: String(error) }))
  })
  stop.addEventListener('abort', end, { once: true })
  if (stop.aborted) end()
  const { code, signal } = await exited(child)
  stop.removeEventListener('abort', end)
  for (const timer of [overdue, hardKill]) if (timer) clearTimeout(timer)
  await words
  if (isLeft) return { kind: 'end', exit: await left() }
  if (stop.aborted) return { kind: 'end', exit: 'fine' }
  if (isUpgrading) return { kind: 'again' }
  if (!isTrial) return { kind: 'end', exit: exitName(code) }

  log.warn('the new version ended before it was welcome', { version: chosen.version, code, signal, isOverdue })
  if (isOverdue) await giveUpTrial(stateFolder, 'not-welcome')
  else if (((await loadUpgrade(stateFolder)).trial?.starts ?? startsAtMost) >= startsAtMost) await giveUpTrial(stateFolder, 'crashed')
  else await pause(restartMs, stop)
  return { kind: 'again' }
}

/** A program that can't be started has ended too. What it said last is heard before: the channel may close after the process ended. */
async function exited(child: ChildProcess): Promise<{ code: number | null; signal: string | null }> {
  const silent = new Promise<void>((resolve) => child.once('disconnect', resolve))
  const ended = await new Promise<{ code: number | null; signal: string | null }>((resolve) => {
    child.once('error', () => child.pid === undefined && resolve({ code: null, signal: null }))
    child.once('exit', (code, signal) => resolve({ code, signal }))
  })
  if (child.connected) await Promise.race([silent, pause(1_000)])
  return ended
}

/** The last of it. No service manager starts it again after this. */
async function left(): Promise<ExitName> {
  await removeProgram().catch((error: unknown) => textLog('info').error('the program could not be taken away', { cause: String(error) }))
  return 'unregistered'
}

const exitName = (code: number | null): ExitName =>
  (Object.keys(exitCodes) as ExitName[]).find((name) => exitCodes[name] === code) ?? 'fault'
