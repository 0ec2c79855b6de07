import { execFile, execFileSync, spawn, type ChildProcess } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, beforeEach, describe, expect, it, onTestFailed } from 'vitest'
import { customersApi } from '@vigie/domain/customers'
import { ordersApi } from '@vigie/domain/orders'
import { productsApi } from '@vigie/domain/products'
import { ConsoleClient } from '../src/console/index.ts'
import { startProduct, type Product } from './product.ts'

const run = promisify(execFile)
const reason =
  process.platform !== 'linux' || process.getuid?.() !== 0
    ? 'needs Linux and root'
    : !existsSync('/usr/bin/systemd-nspawn')
      ? 'needs systemd-nspawn (Debian: systemd-container)'
      : null
if (reason !== null) process.stderr.write(`skipped, the agent under systemd: ${reason}\n`)

async function until(what: string, isSo: () => Promise<boolean>): Promise<void> {
  const end = performance.now() + 60_000
  while (!(await isSo())) {
    if (performance.now() > end) throw new Error(`not within a minute: ${what}`)
    await new Promise((resolve) => setTimeout(resolve, 200))
  }
}

/** This machine's own system, booted by systemd in a container: what it changes stays in a folder of ours. */
class Booted {
  readonly #folder = mkdtempSync(path.join(tmpdir(), 'vigie-systemd-'))
  #nspawn: ChildProcess | null = null
  #leader = 0

  constructor() {
    // an overlay cannot lie on another
    execFileSync('mount', ['-t', 'tmpfs', 'tmpfs', this.#folder])
    for (const name of ['upper', 'work', 'root']) mkdirSync(path.join(this.#folder, name))
    const at = (name: string) => path.join(this.#folder, name)
    execFileSync('mount', ['-t', 'overlay', 'overlay', '-o', `lowerdir=/,upperdir=${at('upper')},workdir=${at('work')}`, at('root')])
    // of what this machine starts, nothing: only what is installed here
    const units = path.join(at('root'), 'etc/systemd/system')
    for (const name of readdirSync(units)) if (name.endsWith('.wants')) rmSync(path.join(units, name), { recursive: true })
    rmSync(path.join(at('root'), 'var/lib/vigie-agent'), { recursive: true, force: true })
  }

  async boot(): Promise<void> {
    const child = spawn(
      'systemd-nspawn',
      ['-q', '-D', path.join(this.#folder, 'root'), '--boot', '--register=no', '--keep-unit', 'systemd.unit=multi-user.target'],
      { stdio: 'ignore' },
    )
    this.#nspawn = child
    await until('its first process', async () => {
      this.#leader = Number(execFileSync('sh', ['-c', `pgrep -P ${child.pid} || true`], { encoding: 'utf8' }).split('\n')[0])
      return this.#leader > 0
    })
    await until('booted', async () => /running|degraded/.test(await this.say('systemctl is-system-running')))
  }

  /** @throws with what it printed */
  async sh(line: string): Promise<string> {
    const { stdout } = await run('nsenter', ['-t', String(this.#leader), '-a', 'sh', '-c', line], { timeout: 120_000 })
    return stdout.trim()
  }
  /** What it prints, whatever it ends with. */
  say(line: string): Promise<string> {
    return this.sh(line).catch((error: { stdout?: string }) => error.stdout?.trim() ?? '')
  }

  /** @param isOrderly as an administrator; else the power fails */
  async halt(isOrderly: boolean): Promise<void> {
    const child = this.#nspawn
    this.#nspawn = null
    if (!child || child.exitCode !== null) return
    const gone = new Promise((resolve) => child.once('exit', resolve))
    if (isOrderly) await this.say('systemctl poweroff')
    else if (this.#leader > 0) process.kill(this.#leader, 'SIGKILL')
    else child.kill('SIGKILL')
    await gone
  }

  async remove(): Promise<void> {
    await this.halt(false)
    execFileSync('umount', [path.join(this.#folder, 'root')])
    execFileSync('umount', [this.#folder])
    rmSync(this.#folder, { recursive: true, force: true })
  }
}

describe.skipIf(reason !== null)('the agent under systemd, installed by the one command (AGT-1, AGT-2)', { timeout: 180_000 }, () => {
  let product: Product
  let client: ConsoleClient
  let machine: Booted
  let productId: string

  const agent = async () => (await client.call(productsApi.listAgents, { params: { productId } })).rows[0]
  /** On both sides' word. Without an engine that runs the console complains of that, and it is connected all the same. */
  const isConnected = async () => {
    await expect
      .poll(async () => JSON.parse((await machine.say('vigie-agent status --json')) || '{}').state, { timeout: 90_000, interval: 500 })
      .toBe('online')
    await expect.poll(async () => (await agent())?.state, { timeout: 30_000, interval: 200 }).toMatch(/^(online|plug-in-error)$/)
  }
  const mainPid = async () => Number(await machine.sh('systemctl show -p MainPID --value vigie-agent'))

  beforeAll(async () => {
    product = await startProduct()
    client = new ConsoleClient(product.url)
    await client.setUp(product.setupLink, {
      businessName: 'Atelier Réseau',
      email: 'claire@example.com',
      password: 'une vigie veille la nuit',
    })
    const { customer } = await client.call(customersApi.createCustomer, {
      body: {
        profile: { company: 'Boulangerie Martin', country: 'FR' },
        account: { accountId: 'martin', timeZone: 'Europe/Paris', locale: 'fr' },
        contact: { firstName: 'Paul', lastName: 'Martin', email: 'paul@example.com', locale: 'fr' },
      },
    })
    productId = (
      await client.call(productsApi.createProduct, {
        params: { customerId: customer.id },
        body: { typeId: 'clamav-endpoint', description: 'Fournil' },
      })
    ).id
    machine = new Booted()
    await machine.boot()
  }, 180_000)
  afterAll(async () => {
    await machine?.remove()
    await product?.stop()
  }, 60_000)

  beforeEach(() =>
    onTestFailed(async () => void process.stderr.write(`${await machine.say('journalctl -u vigie-agent -n 60 --no-pager')}\n`)),
  )

  it('the one command installs, enables and starts it, and the console has it', async () => {
    const { installCommand } = await client.call(productsApi.issueKey, { params: { productId } })
    await machine.sh(installCommand)
    expect(await machine.sh('systemctl is-active vigie-agent; systemctl is-enabled vigie-agent')).toBe('active\nenabled')
    await isConnected()
    expect(JSON.parse(await machine.say('vigie-agent status --json'))).toMatchObject({ isRunning: true })
  })

  it('killed, it is started again; stopped, it says goodbye; started, it is back', async () => {
    const pid = await mainPid()
    await machine.sh(`kill -9 ${pid}`)
    await isConnected()
    expect(await mainPid()).not.toBe(pid)
    await machine.sh('systemctl stop vigie-agent')
    await expect.poll(async () => (await agent())?.state, { timeout: 30_000 }).toBe('offline')
    await machine.sh('systemctl start vigie-agent')
    await isConnected()
  })

  it.each([
    ['an orderly restart of the machine', true],
    ['a power failure', false],
  ])('comes back by itself after %s', async (_, isOrderly) => {
    await machine.halt(isOrderly)
    await expect
      .poll(async () => (await agent())?.state, { timeout: 120_000, interval: 500 })
      .toMatch(isOrderly ? /^offline$/ : /^abnormal$/)
    await machine.boot()
    await isConnected()
  })

  it('restored with its identity where nothing else of it is left, it is started, and at the next boot too (AGT-5)', async () => {
    await machine.sh('vigie-agent backup /root/backup --with-identity && vigie-agent stop')
    await machine.sh('rm -r /var/lib/vigie-agent /etc/systemd/system/vigie-agent.service && systemctl daemon-reload')
    await machine.sh('vigie-agent restore /root/backup --with-identity && vigie-agent start')
    await isConnected()
    await machine.sh('systemctl disable vigie-agent && vigie-agent stop && vigie-agent start')
    expect(await machine.sh('systemctl is-active vigie-agent; systemctl is-enabled vigie-agent')).toBe('active\nenabled')
    await isConnected()
  })

  it('uninstalled, nothing of it starts or stays, and the console says so', async () => {
    await machine.sh('vigie-agent uninstall')
    expect(await machine.say('systemctl is-enabled vigie-agent 2>&1')).toMatch(/No such file|not-found|Failed to get unit file state/)
    expect(
      await machine.say(
        'ls /usr/local/bin/vigie-agent /etc/systemd/system/vigie-agent.service 2>/dev/null; find /var/lib/vigie-agent -type f',
      ),
    ).toBe('')
    await expect.poll(async () => (await agent())?.state, { timeout: 30_000 }).toBe('unregistered')
  })

  it('installed anew and ordered from the console to go: it says goodbye, takes away its service and its program from within, and nothing starts it again (AGT-3)', async () => {
    await machine.sh((await client.call(productsApi.issueKey, { params: { productId } })).installCommand)
    await isConnected()
    const agentId = (await client.call(productsApi.listAgents, { params: { productId } })).rows.find(
      ({ state }) => state !== 'unregistered',
    )!.id
    await expect
      .poll(
        async () =>
          (await client.call(productsApi.listAgents, { params: { productId } })).rows
            .find(({ id }) => id === agentId)!
            .commands.find(({ type }) => type === 'uninstall-agent')?.isSupported,
        { timeout: 60_000 },
      )
      .toBe(true)
    const {
      order: { id: orderId },
    } = await client.call(ordersApi.draftOrder, { body: { type: 'uninstall-agent', target: { kind: 'agents', agentIds: [agentId] } } })
    await client.call(ordersApi.confirmOrder, { params: { orderId }, body: { confirmWeaker: false } })
    await expect
      .poll(async () => (await client.call(ordersApi.getOrder, { params: { orderId } })).order, { timeout: 60_000 })
      .toMatchObject({ state: 'finished', counts: { succeeded: 1 } })
    await until(
      'nothing of it is left',
      async () =>
        (await machine.say(
          'ls /usr/local/bin/vigie-agent /etc/systemd/system/vigie-agent.service 2>/dev/null; find /var/lib/vigie-agent -type f; pgrep -x vigie-agent',
        )) === '',
    )
    expect(await machine.say('systemctl is-enabled vigie-agent 2>&1')).toMatch(/No such file|not-found|Failed to get unit file state/)
    expect(await machine.say('systemctl is-active vigie-agent')).toMatch(/^(inactive|failed)$/)
  })
})
