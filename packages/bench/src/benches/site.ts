import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { X509Certificate } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { promisify } from 'node:util'
import { customersApi } from '@vigie/domain/customers'
import { productsApi } from '@vigie/domain/products'
import { sitesApi } from '@vigie/domain/sites'
import { fetchCa, startFleet } from '@vigie/lab/agents'
import { defineBench, type Figure } from '../kit/define.ts'
import { measure, pause, round, rssBytes, treeOf } from '../kit/measure.ts'
import { isBuilt, repositoryRoot, startServer } from '../kit/server.ts'

const program = 'packages/agent/dist/vigie-agent'
const endpoints = 500
const rssLimitMb = 250
const cpuLimitPercent = 5
/** Agents tell of their endpoint this often. */
const reportSeconds = 600

export const siteServer = defineBench({
  name: 'site',
  about: `the real agent as a site server with ${endpoints} endpoints at rest: memory (also at work) and CPU (issue 3, AGT-8)`,
  async run(context) {
    if (!isBuilt(program)) throw new Error('the agent is not built: npm start or npm test builds it')
    const server = await startServer(context)
    const state = mkdtempSync(path.join(tmpdir(), 'vigie-bench-site-'))
    context.after(() => rmSync(state, { recursive: true, force: true }))
    const { customer } = await server.console.call(customersApi.createCustomer, {
      body: {
        profile: { company: 'Site', country: 'FR' },
        account: { accountId: 'site', timeZone: 'Europe/Paris', locale: 'fr' },
        contact: { firstName: 'A', lastName: 'B', email: 'site@example.com', locale: 'fr' },
      },
    })
    const { id: productId } = await server.console.call(productsApi.createProduct, {
      params: { customerId: customer.id },
      body: { typeId: 'clamav-site-server', description: 'Site' },
    })
    const made = await server.console.call(productsApi.issueKey, { params: { productId } })
    const agent = path.join(repositoryRoot, program)
    const tool = (...args: string[]) => promisify(execFile)(agent, [...args, '--state', state])
    await tool(
      'enrol',
      '--no-service',
      '--server',
      server.agents.url,
      '--guid',
      made.guid,
      '--key',
      made.key,
      '--ca-sha256',
      new X509Certificate(server.agents.ca).fingerprint256,
    )
    await tool('configure', '--site-host', '127.0.0.1', '--site-port', '0', '--on-access', 'off')
    const running = spawn(agent, ['run', '--state', state], { stdio: 'ignore' })
    context.after(async () => {
      if (running.exitCode !== null) return
      running.kill('SIGTERM')
      await Promise.race([once(running, 'exit'), pause(10_000)])
      running.kill('SIGKILL')
    })
    const site = () => server.console.call(sitesApi.getSite, { params: { productId } })
    for (let tries = 0; (await site()).server?.urls.length !== 1; tries++) {
      if (tries > 120) throw new Error('the site server did not say where it listens within a minute')
      await pause(500)
    }
    const { guid, key, commands } = await server.console.call(sitesApi.issueEndpointKey, {
      params: { productId },
      body: { machines: endpoints },
    })
    const through = commands.find(({ url }) => url !== null)!
    const ca = await fetchCa(through.url!, /= ([0-9A-F]{64}) /.exec(through.installCommand)![1]!)
    const fleet = await startFleet({
      server: { url: through.url!, ca, isSite: true },
      agents: Array.from({ length: endpoints }, () => ({ guid, key })),
      concurrency: 12,
    })
    context.after(() => fleet.stop('kill'))
    await fleet.drained()
    context.say(`${endpoints} endpoints are connected; letting them come to rest ...`)
    await pause(context.isShort ? 10_000 : 40_000)

    const processes = { site: () => treeOf(running.pid!) }
    let rss = 0
    const watched = async (seconds: number, each: (second: number) => void) => {
      for (let second = 0; second < seconds; second++) {
        each(second)
        await pause(1_000)
        rss = Math.max(rss, rssBytes(running.pid!))
      }
    }
    // at rest: beats, and the report that each endpoint makes every ten minutes
    const rest = await measure(processes, () =>
      watched(context.isShort ? 35 : 120, (second) => {
        for (let i = second; i < endpoints; i += reportSeconds) fleet.agents[i]!.reportEndpoint()
      }),
    )
    const atRestMb = rss / 1e6
    context.say('an outbreak: every endpoint finds something twice a minute ...')
    const work = await measure(processes, async () => {
      const seconds = context.isShort ? 10 : 60
      const [{ accepted }] = await Promise.all([
        fleet.sendDetections({ seconds, perSecond: endpoints / 30, batch: 1 }),
        watched(seconds, () => {}),
      ])
      return accepted
    })
    if (running.exitCode !== null) throw new Error('the site server ended while it was measured')
    const { through: connected } = (await site()).endpoints
    if (connected !== endpoints) throw new Error(`only ${connected} of ${endpoints} endpoints were connected at the end`)
    // of its own CPU seconds: what others take of the machine makes them neither more nor less
    const percentOf = ({ cpu, seconds }: typeof rest | typeof work) => (cpu['site']! / seconds) * 100
    const percent = percentOf(rest)
    const detail = { seconds: round(rest.seconds), endpoints, cpuSeconds: round(rest.cpu['site']!), othersCores: round(rest.others) }
    const figures: Figure[] = [
      {
        bench: 'site/memory',
        source: 'issue 3',
        ratio: rss / 1e6 / rssLimitMb,
        value: rss / 1e6,
        goal: { atMost: 1 },
        yardstick: { name: 'the limit', value: rssLimitMb, unit: 'MB' },
        detail: { ...detail, atRestMb: round(atRestMb) },
      },
      {
        bench: 'site/cpu',
        source: 'issue 3',
        ratio: percent / cpuLimitPercent,
        value: percent,
        goal: { atMost: 1 },
        yardstick: { name: 'the limit', value: cpuLimitPercent, unit: '% of a core' },
        detail: { ...detail, detectionsAtWork: work.result, percentAtWork: round(percentOf(work)) },
      },
    ]
    return figures
  },
})
