/** One figure of a run. `ratio` binds, by its yardstick of the same run; the rest says what it means on this machine. */
export interface Figure {
  /** Name of the bench, and of the figure within it where it has several. */
  bench: string
  /** Ours by the yardstick. What "good" is stands in `goal`. */
  ratio: number
  /** Why it must not be compared: the machine was not ours alone, the yardstick moved. Absent: it stands. */
  isVoid?: string
  /** What it was measured against, with its own figure. */
  yardstick: { name: string; value: number; unit: string }
  /** Ours, in the yardstick's unit. */
  value: number
  goal: { atLeast: number } | { atMost: number }
  /** Where the goal stands written: `issue 2`, `P1`. */
  source: string
  /** What helps to judge it: CPU seconds, percentiles, what others took of the machine meanwhile. */
  detail: Record<string, number | string | boolean>
}

export interface Bench {
  name: string
  about: string
  /** Asks the large estate and changes nothing in it that another such entry would see: they share one (`theEstate`), filled once a run. */
  readsEstate?: true
  run(context: BenchContext): Promise<Figure[]>
}

export interface BenchContext {
  /** Short runs for a quick look: fewer agents, seconds, rows. Their figures say so and are not kept. */
  isShort: boolean
  say(line: string): void
  /** Runs when the bench is over, whether it ended well or not; last first. */
  after(clearUp: () => unknown): void
  /** Runs when the last of several entries that follow one another and read the same estate is over. */
  afterShared(clearUp: () => unknown): void
}

export const defineBench = (bench: Bench): Bench => bench

/** performance.md §9: cores others may take of the machine while rates are measured. */
export const othersLimitCores = 0.3

export const voidBy = (others: number): { isVoid?: string } =>
  others > othersLimitCores ? { isVoid: `others took ${others.toFixed(1)} cores meanwhile` } : {}

export const isMet = ({ ratio, goal }: Figure): boolean => ('atLeast' in goal ? ratio >= goal.atLeast : ratio <= goal.atMost)
