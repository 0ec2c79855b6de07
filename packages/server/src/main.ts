import { readConfig, usage } from './platform/config.ts'
import { createLog } from './platform/index.ts'
import { StartError } from './platform/start-error.ts'
import { start } from './start.ts'

/** What a supervisor waits before it kills is 30 s or more; we are gone before (R44). */
const drainMs = 25_000

const say = (line: string) => void process.stdout.write(`${line}\n`)

async function main(): Promise<void> {
  if (process.argv.includes('--help')) return say(usage)
  const config = readConfig(process.argv.slice(2), process.env)
  const log = createLog(config.logLevel)
  const running = await start(config, log)

  let isStopping = false
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    process.on(signal, () => {
      if (isStopping) process.exit(130) // asked twice: at once
      isStopping = true
      say('Stopping ...')
      setTimeout(() => {
        log.error('stopping took too long and was cut short', { drainMs })
        process.exit(1)
      }, drainMs).unref()
      running.stop().then(
        () => process.exit(0),
        (error: unknown) => {
          log.error('stopping failed', { error: String(error) })
          process.exit(1)
        },
      )
    })
  }

  if (config.roles.includes('api')) say(`Vigie is ready:  ${running.publicUrl}`)
  else say(`Vigie is ready (${config.roles.join(', ')}).`)
  if (config.roles.includes('agents')) say(`Agents connect:  ${running.agentUrl}`)
  if (running.setupLink !== null) say(`Set it up, once: ${running.setupLink}`)
}

try {
  await main()
} catch (error) {
  if (!(error instanceof StartError)) throw error
  process.stderr.write(`vigie: ${error.message}\n`)
  process.exitCode = error.exitCode
}
