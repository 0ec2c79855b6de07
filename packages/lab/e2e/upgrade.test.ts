import { execFile, spawn, type ChildProcess } from 'node:child_process'
import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { promisify } from 'node:util'
import { commandsApi } from '@vigie/domain/commands'
import { customersApi } from '@vigie/domain/customers'
import { ordersApi } from '@vigie/domain/orders'
import { productsApi } from '@vigie/domain/products'
import { releasesApi } from '@vigie/domain/releases'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { buildScript } from '../../agent/build.ts'
import { ConsoleClient } from '../src/console/client.ts'
import { startProduct, type Product } from './product.ts'

const run = promisify(execFile)
const root = path.resolve(import.meta.dirname, '../../..')

/** The whole way with nothing faked: keys of two people, the operator's command line, the server in a process of its own, approval, an order, the agent's processes. */
describe('a release, from the signers to the machine (R17, R16, AGT-1)', { timeout: 180_000 }, () => {
  let product: Product
  let folder: string
  let script: string
  let client: ConsoleClient
  let productId: string
  let agent: ChildProcess | null = null
  const from = '0.1.0'

  const tool = async (...args: string[]) =>
    (await run(process.execPath, [path.join(root, 'tools/release.ts'), ...args], { cwd: folder })).stdout
  const vigie = async (...args: string[]) =>
    (
      await run(
        process.execPath,
        [path.join(root, 'packages/server/src/cli/main.ts'), ...args, '--data', path.join(product.folder, 'data')],
        { cwd: folder },
      )
    ).stdout
  const versions = () => client.call(releasesApi.listVersions)

  async function program(version: string, change: (text: string) => string = (text) => text): Promise<string> {
    const file = path.join(folder, `program-${version}`)
    await writeFile(
      file,
      change(
        (await readFile(script, 'utf8'))
          .replace(/^#!.*/, `#!${process.execPath}`)
          .replaceAll(JSON.stringify(from), JSON.stringify(version)),
      ),
    )
    await chmod(file, 0o755)
    return file
  }
  async function release(version: string, sequence: number, file: string): Promise<void> {
    const out = path.join(folder, version)
    await tool(
      'pack',
      '--version',
      version,
      '--sequence',
      String(sequence),
      '--days',
      '30',
      '--program',
      `linux-${process.arch === 'arm64' ? 'arm64' : 'x64'}=${file}`,
      '--out',
      out,
    )
    for (const who of ['carol', 'dave']) await tool('sign', '--key', `${who}.pem`, path.join(out, 'release.json'))
    expect(await tool('verify', '--root', path.join(folder, 'out/roots/1.json'), out)).toContain(`an agent would take ${version}`)
    expect(await vigie('release', 'add', out)).toContain(`Version ${version}`)
    await client.call(releasesApi.approveVersion, { params: { version } })
  }
  /** @returns the command's end */
  async function rollOut(version: string): Promise<{ step: string; evidence: Record<string, unknown> }> {
    const { order } = await client.call(ordersApi.draftOrder, {
      body: { type: 'upgrade-agent', params: { version }, target: { kind: 'products', productIds: [productId] } },
    })
    await client.call(ordersApi.confirmOrder, { params: { orderId: order.id }, body: {} })
    for (;;) {
      const {
        rows: [row],
      } = await client.call(ordersApi.listOrderAgents, { params: { orderId: order.id } })
      if (row && ['succeeded', 'failed', 'expired', 'unknown', 'skipped'].includes(row.step)) {
        return row.commandId === null
          ? { step: row.step, evidence: {} }
          : await client.call(commandsApi.getCommand, { params: { commandId: row.commandId } })
      }
      await new Promise((resolve) => setTimeout(resolve, 300))
    }
  }

  beforeAll(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'vigie-upgrade-'))
    script = await buildScript(path.join(folder, 'agent'))
    product = await startProduct()
    client = new ConsoleClient(product.url)
    await client.setUp(product.setupLink, { businessName: 'Atelier', email: 'ada@example.com', password: 'une vigie veille la nuit' })
  }, 120_000)
  afterAll(async () => {
    if (agent) {
      const gone = new Promise((resolve) => agent!.once('exit', resolve))
      agent.kill('SIGTERM')
      await gone
    }
    await product.stop()
    await rm(folder, { recursive: true, force: true })
  })

  it('two root signers and two release signers; the operator trusts the root', async () => {
    const keys = Object.fromEntries(
      await Promise.all(
        ['ada', 'bob', 'carol', 'dave'].map(
          async (who) => [who, /public key (\S+)/.exec(await tool('key', '--out', `${who}.pem`))![1]!] as const,
        ),
      ),
    )
    await tool(
      'root',
      '--key',
      keys['ada']!,
      '--key',
      keys['bob']!,
      '--threshold',
      '2',
      '--release-key',
      keys['carol']!,
      '--release-key',
      keys['dave']!,
      '--release-threshold',
      '2',
      '--days',
      '700',
      '--out',
      'out',
    )
    for (const who of ['ada', 'bob']) await tool('sign', '--key', `${who}.pem`, 'out/roots/1.json')
    expect(await vigie('release', 'trust', 'out/roots/1.json')).toContain('2 of 2 keys sign a release')
    expect((await versions()).hasRoot).toBe(true)
  })

  it('an agent registers, and gets the root with it', async () => {
    const { customer } = await client.call(customersApi.createCustomer, {
      body: {
        profile: { company: 'Bakery', country: 'FR', city: '', industry: '', sizeEndpoints: null },
        account: { accountId: 'C-1', timeZone: 'UTC', locale: 'en' },
        contact: { firstName: 'A', lastName: 'B', email: 'a@example.com', locale: 'en' },
        tags: [],
      },
    })
    productId = (
      await client.call(productsApi.createProduct, {
        params: { customerId: customer.id },
        body: { typeId: 'clamav-endpoint', description: 'Shop' },
      })
    ).id
    const { guid, key, caFingerprint } = await client.call(productsApi.issueKey, { params: { productId } })
    const state = path.join(folder, 'state')
    await run(process.execPath, [
      script,
      'enrol',
      '--server',
      `https://127.0.0.1:${product.agentPort}`,
      '--guid',
      guid,
      '--key',
      key,
      '--ca-sha256',
      caFingerprint,
      '--no-service',
      '--state',
      state,
    ])
    expect(JSON.parse(await readFile(path.join(state, 'release-trust.json'), 'utf8'))).toMatchObject({ sequence: 0 })
    agent = spawn(process.execPath, [script, 'run', '--state', state], {
      stdio: 'ignore',
      env: { ...process.env, VIGIE_UPGRADE_MINUTES: '0.5' },
    })
    await expect
      .poll(async () => (await versions()).rows.map(({ version, agents }) => [version, agents]), { timeout: 20_000 })
      .toEqual([[from, 1]])
  })

  it('approved and ordered, the agent runs it', async () => {
    await release('0.2.0', 1, await program('0.2.0'))
    expect(await rollOut('0.2.0')).toMatchObject({ step: 'succeeded', evidence: { version: '0.2.0', previousVersion: from } })
    expect((await versions()).rows.map(({ version, agents }) => [version, agents])).toEqual([['0.2.0', 1]])
  })

  it('a broken one gives way: the order says so, and the machine is online with the version before', async () => {
    await release('0.3.0', 2, await program('0.3.0', (text) => text.replace('\n', `\nif (process.argv[2] === 'run') process.exit(3)\n`)))
    expect(await rollOut('0.3.0')).toMatchObject({
      step: 'failed',
      evidence: { reason: 'upgrade-rolled-back', rolledBack: true, version: '0.3.0', previousVersion: '0.2.0' },
    })
    await expect
      .poll(async () => (await versions()).rows.map(({ version, agents }) => [version, agents]), { timeout: 20_000 })
      .toEqual([
        ['0.3.0', 0],
        ['0.2.0', 1],
      ])
  })
})
