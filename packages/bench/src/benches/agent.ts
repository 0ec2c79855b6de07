import { execFile, spawn } from 'node:child_process'
import { X509Certificate } from 'node:crypto'
import { once } from 'node:events'
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { promisify } from 'node:util'
import { productsApi } from '@vigie/domain/products'
import { provision } from '@vigie/lab/console'
import { defineBench, type Figure } from '../kit/define.ts'
import { cpuSecondsOf, pause, rssBytes, treeOf } from '../kit/measure.ts'
import { isBuilt, repositoryRoot, type ServerUnderTest, startServer } from '../kit/server.ts'

const program = 'packages/agent/dist/vigie-agent'
const rssLimitMb = 80
const cpuLimitPercent = 0.5

export const agentIdle = defineBench({
  name: 'agent',
  about: 'the real agent at rest: memory and CPU, engines apart (issue 2, P23)',
  async run(context) {
    if (!isBuilt(program)) throw new Error('the agent is not built: npm start or npm test builds it')
    const server = await startServer(context)
    const state = mkdtempSync(path.join(tmpdir(), 'vigie-bench-agent-'))
    context.after(() => rmSync(state, { recursive: true, force: true }))
    const [enrolment] = await provision(server.console, { agents: 1, series: 'agent' })
    const fingerprint = new X509Certificate(server.agents.ca).fingerprint256
    const agent = path.join(repositoryRoot, program)
    await promisify(execFile)(agent, [
      'enrol',
      '--no-service',
      '--state',
      state,
      '--server',
      server.agents.url,
      '--guid',
      enrolment!.guid,
      '--key',
      enrolment!.key,
      '--ca-sha256',
      fingerprint,
    ])
    const running = spawn(agent, ['run', '--state', state], { stdio: 'ignore' })
    context.after(async () => {
      if (running.exitCode !== null) return
      running.kill('SIGTERM')
      await Promise.race([once(running, 'exit'), pause(10_000)])
      running.kill('SIGKILL')
    })
    await isConnected(server)
    context.say('connected; letting it come to rest ...')
    await pause(context.isShort ? 10_000 : 40_000)

    const seconds = context.isShort ? 20 : 120
    const before = cpuSecondsOf(treeOf(running.pid!))
    let rss = 0
    for (let second = 0; second < seconds; second++) {
      await pause(1_000)
      rss = Math.max(rss, rssBytes(running.pid!))
    }
    if (running.exitCode !== null) throw new Error('the agent ended while it was measured')
    const percent = ((cpuSecondsOf(treeOf(running.pid!)) - before) / seconds) * 100
    const detail = { seconds, hasClamd: existsSync('/usr/sbin/clamd') }
    const figures: Figure[] = [
      {
        bench: 'agent/memory',
        source: 'issue 2, P23',
        ratio: rss / 1e6 / rssLimitMb,
        value: rss / 1e6,
        goal: { atMost: 1 },
        yardstick: { name: 'the limit', value: rssLimitMb, unit: 'MB' },
        detail,
      },
      {
        bench: 'agent/cpu',
        source: 'issue 2, P23',
        ratio: percent / cpuLimitPercent,
        value: percent,
        goal: { atMost: 1 },
        yardstick: { name: 'the limit', value: cpuLimitPercent, unit: '% of a core' },
        detail,
      },
    ]
    return figures
  },
})

async function isConnected(server: ServerUnderTest): Promise<void> {
  for (let tries = 0; tries < 120; tries++) {
    const { rows } = await server.console.call(productsApi.listProducts, { query: { limit: 50 } })
    if (rows.some(({ state }) => state === 'online' || state === 'plug-in-error')) return
    await pause(500)
  }
  throw new Error('the agent did not connect within a minute')
}
