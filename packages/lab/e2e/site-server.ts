import { execFileSync, spawn, type ChildProcess } from 'node:child_process'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { customersApi } from '@vigie/domain/customers'
import { productsApi } from '@vigie/domain/products'
import { sitesApi } from '@vigie/domain/sites'
import type { ConsoleClient } from '../src/console/index.ts'

const agentMain = path.resolve(import.meta.dirname, '../../agent/src/main.ts')

/** A customer with a product of the type "site server". */
export async function siteProduct(client: ConsoleClient): Promise<{ productId: string; installCommand: string }> {
  const { customer } = await client.call(customersApi.createCustomer, {
    body: {
      profile: { company: 'Atelier Nord', country: 'FR' },
      account: { accountId: 'atelier-nord', timeZone: 'Europe/Paris', locale: 'fr' },
      contact: { firstName: 'Jeanne', lastName: 'Nord', email: 'jeanne@example.com', locale: 'fr' },
    },
  })
  const { id } = await client.call(productsApi.createProduct, {
    params: { customerId: customer.id },
    body: { typeId: 'clamav-site-server', description: 'Serveur1' },
  })
  const { installCommand } = await client.call(productsApi.issueKey, { params: { productId: id } })
  return { productId: id, installCommand }
}

/** What the install command gives the agent to enrol with. */
export function enrolArguments(installCommand: string): string[] {
  const said = (pattern: RegExp) => pattern.exec(installCommand)![1]!
  return [
    '--server',
    said(/(https:\/\/[\d.]+:\d+)/),
    '--guid',
    said(/--guid (\S+)/),
    '--key',
    said(/--key (\S+)/),
    '--ca-sha256',
    said(/= ([0-9A-F]{64}) /),
  ]
}

/** The real agent, from source, in a process of its own: enrolled by what the install command says, run, killed and run again. */
export class SiteAgent {
  readonly #state: string
  #child: ChildProcess | null = null
  log = ''

  constructor(folder: string, options: { installCommand: string; port: number }) {
    this.#state = path.join(folder, 'site-state')
    mkdirSync(this.#state, { recursive: true, mode: 0o700 })
    writeFileSync(
      path.join(this.#state, 'settings.json'),
      JSON.stringify({
        site: { host: '127.0.0.1', port: options.port },
        engines: { clamav: { onAccess: null, clamdSocket: '/nonexistent/clamd.sock' } },
      }),
      { mode: 0o600 },
    )
    execFileSync(
      process.execPath,
      [agentMain, 'enrol', ...enrolArguments(options.installCommand), '--no-service', '--state', this.#state],
      { encoding: 'utf8' },
    )
  }

  start(): void {
    this.#child = spawn(process.execPath, [agentMain, 'run', '--state', this.#state], { stdio: ['ignore', 'ignore', 'pipe'] })
    this.#child.stderr!.setEncoding('utf8').on('data', (text: string) => void (this.log += text))
  }

  async end(signal: 'SIGKILL' | 'SIGTERM'): Promise<void> {
    const child = this.#child
    this.#child = null
    if (!child || child.exitCode !== null || child.signalCode !== null) return
    const gone = new Promise((resolve) => child.once('exit', resolve))
    child.kill(signal)
    await gone
  }

  /** Megabytes of memory held, and seconds of processor time spent so far. */
  usage(): { rssMb: number; cpuSeconds: number } {
    const pid = this.#child!.pid!
    const rssKb = Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))![1])
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]!.split(' ')
    return { rssMb: rssKb / 1_024, cpuSeconds: (Number(fields[11]) + Number(fields[12])) / 100 }
  }
}

/** Where the product's site server says it listens, and a key for so many machines. */
export async function endpointKey(client: ConsoleClient, productId: string, machines: number) {
  const made = await client.call(sitesApi.issueEndpointKey, { params: { productId }, body: { machines } })
  const through = made.commands.find(({ url }) => url !== null)
  return { guid: made.guid, key: made.key, through, direct: made.commands.find(({ url }) => url === null)! }
}
