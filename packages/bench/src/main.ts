import { parseArgs } from 'node:util'
import { benches } from './benches/index.ts'
import { type BenchContext, type Figure, isMet } from './kit/define.ts'
import { lastKept, report, table } from './kit/report.ts'

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    short: { type: 'boolean', default: false },
    list: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
})
const usage = `npm run bench [-- [--short] [name ...]]\n\n${benches.map(({ name, about }) => `  ${name.padEnd(18)} ${about}`).join('\n')}\n\n--short: a quick look; its figures are rough and are not kept`

/** Of the bench that runs: a person who ends it early leaves no server behind. */
const clearUps: (() => unknown)[] = []
/** Of what several benches share. */
const sharedClearUps: (() => unknown)[] = []

async function clearUp(name: string, all: (() => unknown)[]): Promise<void> {
  for (const one of all.splice(0).reverse())
    await Promise.resolve(one()).catch((error: unknown) => console.error(`bench ${name}: clearing up: ${String(error)}`))
}

async function main(): Promise<number> {
  if (values.help || values.list) {
    console.log(usage)
    return 0
  }
  const unknown = positionals.find((name) => !benches.some((bench) => bench.name === name))
  if (unknown) {
    console.error(`bench: there is no "${unknown}".\n\n${usage}`)
    return 64
  }
  const chosen = positionals.length === 0 ? benches : benches.filter(({ name }) => positionals.includes(name))
  const figures: Figure[] = []
  let failed = 0
  for (const [n, bench] of chosen.entries()) {
    const started = performance.now()
    const context: BenchContext = {
      isShort: values.short,
      say: (line) => console.error(`bench ${bench.name}: ${line}`),
      after: (one) => void clearUps.push(one),
      afterShared: (one) => void sharedClearUps.push(one),
    }
    try {
      const made = await bench.run(context)
      const before = made.map(({ bench: name }) => ({ name, kept: lastKept(name) }))
      report(made, { isKept: !values.short, at: new Date() })
      figures.push(...made)
      for (const { name, kept } of before) if (kept) context.say(`${name} was ${kept.ratio} at ${kept.commit}`)
    } catch (error) {
      failed++
      console.error(`bench ${bench.name}: not run:`, error)
    }
    await clearUp(bench.name, clearUps)
    if (!chosen[n + 1]?.readsEstate) await clearUp(bench.name, sharedClearUps)
    context.say(`took ${Math.round((performance.now() - started) / 1000)} s`)
  }
  if (figures.length > 0) console.log(`\n${table(figures)}`)
  if (failed > 0) console.log(`\n${failed} not run`)
  return failed > 0 || figures.some((figure) => figure.isVoid || !isMet(figure)) ? 1 : 0
}

for (const signal of ['SIGINT', 'SIGTERM'] as const)
  process.once(signal, () => void clearUp('stopped', [...sharedClearUps, ...clearUps]).finally(() => process.exit(130)))
process.exitCode = await main()
