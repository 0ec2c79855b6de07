import path from 'node:path'
import { parseArgs } from 'node:util'
import { businessName } from './people.ts'
import { DemoError } from './folder.ts'
import { startDemo, usualFolder } from './run.ts'

const usage = `npm run demo [-- flags]     a made-up reseller's estate that lives; nothing in it is real

  --fresh          begins anew; without it the demo goes on where it was left
  --seed N         another past and another future; 1
  --port N         of the console; 8090
  --agent-port N   of the simulated agents; 8453
  --days N         of history; 90
  --customers N    the first N of the estate; all
  --data FOLDER    its own folder, never a real installation's; var-demo/`

const wholeNumber = (name: string, text: string | undefined, most: number): number | undefined => {
  if (text === undefined) return undefined
  if (!/^\d{1,9}$/.test(text) || Number(text) > most) throw new DemoError(`--${name} must be a whole number up to ${most}, not "${text}".`)
  return Number(text)
}

function read(argv: readonly string[]) {
  const text = { type: 'string' } as const
  try {
    return parseArgs({
      args: [...argv],
      options: {
        fresh: { type: 'boolean' },
        help: { type: 'boolean' },
        seed: text,
        port: text,
        'agent-port': text,
        days: text,
        customers: text,
        data: text,
      },
    }).values
  } catch (error) {
    throw new DemoError(`${error instanceof Error ? error.message.split('. ')[0] : String(error)}. See npm run demo -- --help.`, {
      cause: error,
    })
  }
}

async function main(): Promise<void> {
  const values = read(process.argv.slice(2))
  if (values.help) return console.log(usage)
  const startedMs = performance.now()
  const say = (line: string) => process.stderr.write(`vigie demo: ${line}\n`)
  let isStopping = false
  let stop: (() => Promise<void>) | null = null
  const end = () => {
    if (isStopping || stop === null) process.exit(130)
    isStopping = true
    say('stopping ...')
    stop().then(
      () => process.exit(0),
      (error: unknown) => {
        say(String(error))
        process.exit(1)
      },
    )
  }
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, end)
  const demo = await startDemo({
    folder: path.resolve(values.data ?? usualFolder),
    port: wholeNumber('port', values.port, 65_535) ?? 8090,
    agentPort: wholeNumber('agent-port', values['agent-port'], 65_535) ?? 8453,
    seed: wholeNumber('seed', values.seed, 999_999_999) ?? 1,
    days: Math.max(7, wholeNumber('days', values.days, 365) ?? 90),
    customers: wholeNumber('customers', values.customers, 40),
    isFresh: values.fresh === true,
    say,
  })
  stop = () => demo.stop()
  const widthOf = (key: 'email' | 'password') => Math.max(...demo.people.map((person) => person[key].length))
  console.log(`
${businessName}: everything in it is made up, and no machine is touched.
${demo.isContinued ? 'It goes on where it was left; --fresh begins anew.' : 'Its history was written anew.'} (${((performance.now() - startedMs) / 1000).toFixed(1)} s)

  Console   ${demo.url}

${demo.people.map(({ email, password, role, limitedTo, secret }) => `  ${email.padEnd(widthOf('email'))}   ${password.padEnd(widthOf('password'))}   ${role}${limitedTo ? `, sees ${'tag' in limitedTo ? limitedTo.tag : limitedTo.company} only` : ''}${secret ? `, second factor ${secret}` : ''}`).join('\n')}

Ctrl-C stops all of it.`)
}

try {
  await main()
} catch (error) {
  process.stderr.write(
    `vigie demo: ${error instanceof DemoError ? error.message : error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`,
  )
  process.exit(error instanceof DemoError ? 64 : 1)
}
