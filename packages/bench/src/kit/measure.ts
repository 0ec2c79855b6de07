import { readdirSync, readFileSync } from 'node:fs'
import { performance } from 'node:perf_hooks'

/** Linux only: /proc. One tick is 10 ms on every Linux that Node runs on (USER_HZ). */
const ticksPerSecond = 100

interface Proc {
  pid: number
  parent: number
  cpuSeconds: number
}

function readProc(pid: number): Proc | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ') // the name may hold spaces and brackets
    const [parent, ...ticks] = [fields[1], ...fields.slice(11, 15)].map(Number) // its own and its waited-for children's, user and system each
    return { pid, parent: parent!, cpuSeconds: ticks.reduce((sum, one) => sum + one, 0) / ticksPerSecond }
  } catch {
    return null // gone meanwhile
  }
}

const everyPid = () =>
  readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)

/** A process and everything below it. */
export function treeOf(root: number): number[] {
  const all = everyPid().flatMap((pid) => readProc(pid) ?? [])
  const found = [root]
  for (const pid of found) found.push(...all.filter(({ parent }) => parent === pid).map((child) => child.pid))
  return found
}

/** CPU these used up to now, their ended children's included (a browser's pages come and go): of a whole tree, each process is in it once. */
export const cpuSecondsOf = (pids: readonly number[]): number => pids.reduce((sum, pid) => sum + (readProc(pid)?.cpuSeconds ?? 0), 0)

/** What the process holds of memory as its own, in bytes: RSS. */
export function rssBytes(pid: number): number {
  return Number(/^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0) * 1024
}

/**
 * What the process holds when it waits for somebody: its work has come to rest, and what it no longer needs is collected. Collected while it still works, memory would also count what it threw away since, which is
 * the more the oftener one looks: an export "held" 45 MiB of 15,000 rows and 135 of 65,000 whose heap was at 20 MiB all along (2026-11-22).
 */
export async function heldBytes(pid: number, collect: () => void): Promise<number> {
  await resting(pid)
  collect()
  await resting(pid)
  return rssBytes(pid)
}

/** Until it took next to no CPU for twice 300 ms. @throws when it never rests */
async function resting(pid: number): Promise<void> {
  for (let look = 0, quiet = 0, before = cpuSecondsOf([pid]); quiet < 2; look++) {
    if (look > 200) throw new Error(`process ${pid} works on and on: what it holds at rest cannot be told`)
    await pause(300)
    const now = cpuSecondsOf([pid])
    quiet = now - before <= 0.02 ? quiet + 1 : 0
    before = now
  }
}

function machineBusySeconds(): number {
  const [, ...ticks] = readFileSync('/proc/stat', 'utf8').split('\n')[0]!.trim().split(/\s+/)
  const [user, nice, system, , , irq, softIrq, steal] = ticks.map(Number)
  return (user! + nice! + system! + irq! + softIrq! + steal!) / ticksPerSecond
}

export interface Measured<T> {
  result: T
  seconds: number
  /** CPU seconds of each named group; `generator`: this process. */
  cpu: Record<string, number>
  /** Cores that programs outside the run took meanwhile: above 0.3 trust the CPU figures, not the rates. */
  others: number
}

/** Runs `work` and tells wall time, CPU of each named group of processes (asked for now and at the end: PostgreSQL's backends come and go), and what others took. */
export async function measure<T>(groups: Record<string, () => readonly number[]>, work: () => Promise<T>): Promise<Measured<T>> {
  const meters = Object.entries(groups).map(([name, pids]) => ({ name, pids, before: cpuSecondsOf(pids()) }))
  const own = process.cpuUsage()
  const busy = machineBusySeconds()
  const started = performance.now()
  const result = await work()
  const seconds = (performance.now() - started) / 1000
  const machine = machineBusySeconds() - busy
  const spent = process.cpuUsage(own)
  const cpu: Record<string, number> = { generator: (spent.user + spent.system) / 1e6 }
  for (const { name, pids, before } of meters) cpu[name] = cpuSecondsOf(pids()) - before
  const ours = Object.values(cpu).reduce((sum, one) => sum + one, 0)
  return { result, seconds, cpu, others: Math.max(0, machine - ours) / seconds }
}

export function quantile(values: readonly number[], q: number): number {
  const sorted = values.toSorted((a, b) => a - b)
  const at = (sorted.length - 1) * q
  const low = sorted[Math.floor(at)] ?? Number.NaN
  return low + ((sorted[Math.ceil(at)] ?? low) - low) * (at - Math.floor(at))
}
export const median = (values: readonly number[]): number => quantile(values, 0.5)
export const round = (value: number, digits = 3): number =>
  value === 0 || !Number.isFinite(value) ? value : Number(value.toPrecision(digits))
export const pause = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms))
