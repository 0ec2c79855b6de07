import { execFile, execFileSync, spawn, spawnSync, type ChildProcess } from 'node:child_process'
import { cpSync, existsSync, linkSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { promisify } from 'node:util'
import { commandsApi, type CommandType } from '@vigie/domain/commands'
import { eventsApi } from '@vigie/domain/events'
import { identityApi } from '@vigie/domain/identity'
import { ordersApi, type OrderParams, type OrderType } from '@vigie/domain/orders'
import { productsApi } from '@vigie/domain/products'
import { settingsApi } from '@vigie/domain/settings'
import { sitesApi } from '@vigie/domain/sites'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { eicar, Lab, whyNot } from '../../agent/src/engines/clamav/testing/lab.ts'
import { ConsoleClient } from '../src/console/index.ts'
import { Networks } from './networks.ts'
import { type Product, startMailbox, startProduct } from './product.ts'
import { Releases } from './releases.ts'
import { secondPerson } from './second-person.ts'
import { enrolArguments, siteProduct } from './site-server.ts'

const manifest = path.resolve(import.meta.dirname, '../../agent/dist/manifest.json')
const isPacked = existsSync(manifest) && readFileSync(manifest, 'utf8').includes('"linux-x64"')
const missing = ['curl', 'openssl', 'xz', 'ip'].filter(
  (program) => !['/usr/bin/', '/bin/', '/usr/local/bin/', '/sbin/', '/usr/sbin/'].some((folder) => existsSync(folder + program)),
)
const reason =
  whyNot() ??
  (missing.length > 0
    ? `not installed: ${missing.join(', ')}`
    : !isPacked
      ? 'the agent is not packed'
      : Networks.areAllowed()
        ? null
        : 'networks of our own are not allowed here')
if (reason !== null) process.stderr.write(`skipped, a site in networks of its own: ${reason}\n`)

/** Networks of the test's own: Vigie - the proxy - the site server - each of its endpoints. Nothing is routed between them. */
const number = process.pid % 10_000
const [wan, mid, lan] = [1, 2, 3].map((i) => `10.${200 + (number % 50)}.${70 + i}`) as [string, string, string]
const name = `vt${number}`
const [hop, site] = [`${name}-hop`, `${name}-site`]
const endpoints = ['one', 'two', 'three'].map((which) => `${name}-${which}`) as [string, string, string]
const [one, two, three] = endpoints
const clone = `${name}-clone`
const signIn = { user: 'agents', password: 'open: sesame' }

/**
 * A whole life of a site as it stands at a customer (issue 3): a site server behind a proxy with a sign-in, endpoints that reach nothing but their site server, each with a real ClamAV. Installed by what the
 * console shows, told every command that its types declare, copied, reinstalled, killed, and moved to another installation. Real networks (Linux namespaces), the packed agent; the steps build on each
 * other.
 */
describe.skipIf(reason !== null)('a site behind a proxy, from its first day to its move', { timeout: 120_000 }, () => {
  const networks = new Networks()
  let [here, there] = [] as unknown as [Product, Product]
  let [client, other] = [] as unknown as [ConsoleClient, ConsoleClient]
  let mailbox: Awaited<ReturnType<typeof startMailbox>>
  let folder: string
  let productId: string
  let releases: Releases
  const clamavs = new Map<string, Lab>()
  const running = new Map<string, ChildProcess>()

  const state = (which: string) => path.join(folder, which, 'state')
  const agentOf = (which: string) => path.join(folder, which, 'prefix/bin/vigie-agent')
  const environment = (which: string) => ({
    ...process.env,
    VIGIE_PREFIX: path.join(folder, which, 'prefix'),
    ...(which === site ? { https_proxy: `http://${signIn.user}:${encodeURIComponent(signIn.password)}@${mid}.1:3128` } : {}),
  })
  const inside = (which: string, command: string, ...args: string[]) =>
    execFileSync('ip', ['netns', 'exec', which, command, ...args], { encoding: 'utf8', stdio: 'pipe', env: environment(which) })
  const siteSays = () => client.call(sitesApi.getSite, { params: { productId } })
  const agents = async (at = client, id = productId) => (await at.call(productsApi.listAgents, { params: { productId: id } })).rows
  const agentId = async (which: string) =>
    (await agents()).find(({ hostname, state: is }) => hostname === which && is !== 'unregistered')!.id
  const files = (which: string, file: string) => clamavs.get(which)!.path(`files/${file}`)
  const found = async (which: string, file: string, at = client) =>
    (await at.call(eventsApi.listDetections, { query: { limit: 200 } })).rows.filter(
      ({ object, endpointName }) => object.endsWith(file) && endpointName === which,
    )

  async function install(which: string, command: string, ...more: string[]): Promise<void> {
    mkdirSync(path.join(folder, which, 'prefix'), { recursive: true })
    // a host name of its own: the machine's is the same in every namespace, and its fingerprint with it
    await promisify(execFile)(
      'ip',
      [
        'netns',
        'exec',
        which,
        'unshare',
        '--uts',
        'sh',
        '-c',
        `hostname ${which} && ${[command, ...more].join(' ')} --state ${state(which)} --no-service`,
      ],
      { env: environment(which) },
    )
    const clamav = clamavs.get(which)
    const engine = clamav
      ? ['--clamd-conf', clamav.conf, '--freshclam-conf', clamav.path('freshclam.conf'), '--scan-paths', clamav.path('files')]
      : []
    inside(which, agentOf(which), 'configure', '--on-access', 'off', ...engine, '--state', state(which))
  }
  function start(which: string, command: string): void {
    running.set(
      which,
      spawn('ip', ['netns', 'exec', which, 'unshare', '--uts', 'sh', '-c', `hostname ${which} && exec ${command}`], { stdio: 'ignore' }),
    )
  }
  const run = (which: string, program = agentOf(which)) => start(which, `${program} run --state ${state(which)}`)
  const runProxy = () => {
    const proxy = path.resolve(import.meta.dirname, '../../agent/src/testing/proxy.ts')
    const code = `import(${JSON.stringify(proxy)}).then((m) => m.TestProxy.start(${JSON.stringify({ protocol: 'http', asks: 'basic', ...signIn })}, { host: '${mid}.1', port: 3128 }))`
    writeFileSync(path.join(folder, 'proxy.mjs'), code)
    start(hop, `${process.execPath} ${path.join(folder, 'proxy.mjs')}`)
  }
  /** Signatures newer than the endpoint's, in its own network. @returns where */
  async function runMirror(which: string): Promise<string> {
    const lab = path.resolve(import.meta.dirname, '../../agent/src/engines/clamav/testing/lab.ts')
    const code = `import(${JSON.stringify(lab)}).then(async ({ Lab }) => {
      const lab = await Lab.make()
      process.once('SIGTERM', () => lab.close().then(() => process.exit()))
      console.log(await lab.startMirror(new Map([['daily.cvd', 'test-6.cvd'], ['main.cvd', 'test-1.cvd'], ['bytecode.cvd', 'bytecode.cvd']])))
    })`
    writeFileSync(path.join(folder, 'mirror.mjs'), code)
    const mirror = spawn('ip', ['netns', 'exec', which, process.execPath, path.join(folder, 'mirror.mjs')], {
      stdio: ['ignore', 'pipe', 'ignore'],
    })
    running.set('mirror', mirror)
    return await new Promise((resolve, reject) => {
      mirror.stdout!.setEncoding('utf8').once('data', (line: string) => resolve(line.trim()))
      mirror.once('exit', (exitCode) => reject(new Error(`the mirror ended with ${exitCode}`)))
    })
  }
  async function end(which: string, signal: 'SIGTERM' | 'SIGKILL'): Promise<void> {
    const child = running.get(which)
    running.delete(which)
    if (!child || child.exitCode !== null || child.signalCode !== null) return
    const gone = new Promise((resolve) => child.once('exit', resolve))
    child.kill(signal)
    await gone
  }
  const send = async (which: string, type: CommandType) =>
    (await client.call(commandsApi.sendCommand, { params: { productId }, body: { type, agentIds: [await agentId(which)] } })).commands[0]!
      .id
  async function outcome(commandId: string, type: string) {
    const look = () => client.call(commandsApi.getCommand, { params: { commandId } })
    await expect
      .poll(async () => (await look()).step, { timeout: 60_000, interval: 200, message: type })
      .toMatch(/^(succeeded|failed|expired|unknown)$/)
    return await look()
  }
  /** Gives it in the console's way and waits for its outcome. */
  const command = async (which: string, type: CommandType) => await outcome(await send(which, type), type)
  /** What needs more said, as an order of one. */
  async function ordered(which: string, type: OrderType, params?: OrderParams) {
    const { order } = await client.call(ordersApi.draftOrder, {
      body: { type, ...(params && { params }), target: { kind: 'agents', agentIds: [await agentId(which)] } },
    })
    const { hasMoved } = await client.call(ordersApi.confirmOrder, { params: { orderId: order.id }, body: {} })
    expect(hasMoved).toBe(false)
    const commandId = async () =>
      (await client.call(ordersApi.listOrderAgents, { params: { orderId: order.id }, query: {} })).rows[0]?.commandId ?? null
    await expect.poll(commandId, { timeout: 30_000, interval: 200, message: type }).not.toBeNull()
    return await outcome((await commandId())!, type)
  }
  /** What types with this engine declare; the same for the site server and for what stands behind it. */
  const declared = async () =>
    [
      ...new Set(
        (await client.call(productsApi.getCatalogue, {})).types
          .filter(({ engine }) => engine === 'clamav')
          .flatMap(({ commands }) => commands),
      ),
    ].toSorted()
  const takes = async (which: string) =>
    (await client.call(productsApi.listEndpoints, { query: { productId } as never })).rows
      .find(({ name: is }) => is === which)!
      .commands.filter(({ isSupported }) => isSupported)
      .map(({ type }) => type)
      .toSorted()

  beforeAll(async () => {
    folder = mkdtempSync(path.join(tmpdir(), 'vigie-site-'))
    for (const which of [hop, site, ...endpoints, clone]) networks.add(which)
    networks.lay({ from: null, to: hop, name: `${name}-up`, device: 'wan0', addresses: [`${wan}.1`, `${wan}.2`] })
    networks.lay({ from: hop, to: site, name: 'in0', device: 'wan0', addresses: [`${mid}.1`, `${mid}.2`] })
    // one cable to each endpoint, each a network of its own: endpoints do not see one another either
    for (const [i, endpoint] of [...endpoints, clone].entries())
      networks.lay({ from: site, to: endpoint, name: `down${i}`, addresses: [`${lan}.1`, `${lan}.${11 + i}`] })
    mailbox = await startMailbox()
    const clamav = async (endpoint: string) => {
      const lab = await Lab.make()
      clamavs.set(endpoint, lab)
      await lab.writeFreshclamConf(endpoint === one ? await runMirror(one) : 'http://127.0.0.1:9')
      await lab.startClamd()
    }
    await Promise.all([
      ...endpoints.map(clamav),
      startProduct({ VIGIE_SMTP_URL: mailbox.url }, `${wan}.1`).then((made) => (here = made)),
      startProduct({}, `${wan}.1`).then((made) => (there = made)),
    ])
    ;[client, other] = [new ConsoleClient(here.url), new ConsoleClient(there.url)]
    await Promise.all([
      client.setUp(here.setupLink, { businessName: 'Lab', email: 'lab@example.com', password: 'the lab signs in with this' }),
      other.setUp(there.setupLink, { businessName: 'Other', email: 'other@example.com', password: 'the other signs in with this' }),
    ])
    releases = await Releases.trusted(here)
    runProxy()
    // curl's 7: nobody listens there yet
    const isListening = () =>
      spawnSync('ip', ['netns', 'exec', site, 'curl', '-s', '-o', '/dev/null', '--max-time', '2', `http://${mid}.1:3128`]).status !== 7
    for (let tries = 0; !isListening(); tries++) {
      if (tries === 300) throw new Error('the proxy does not listen')
      await new Promise((resolve) => setTimeout(resolve, 100))
    }
  }, 180_000)

  afterAll(async () => {
    for (const which of running.keys()) await end(which, 'SIGTERM')
    for (const clamav of clamavs.values()) await clamav.close()
    await Promise.all([here?.stop(), there?.stop(), mailbox?.close()])
    networks.close()
    if (folder) rmSync(folder, { recursive: true, force: true })
  }, 60_000)

  it('the site server is installed by the product’s command through the proxy, its only way, and says where it listens', async () => {
    const made = await siteProduct(client)
    productId = made.productId
    expect(
      spawnSync('ip', [
        'netns',
        'exec',
        site,
        'curl',
        '-sk',
        '--noproxy',
        '*',
        '--max-time',
        '2',
        `https://${wan}.1:${here.agentPort}/agent/v1/ca.pem`,
      ]).status,
    ).not.toBe(0)
    writeFileSync(path.join(folder, 'password'), signIn.password)
    await install(
      site,
      made.installCommand,
      '--proxy',
      `http://${mid}.1:3128`,
      '--proxy-user',
      signIn.user,
      '--proxy-password-file',
      path.join(folder, 'password'),
    )
    run(site)
    await expect
      .poll(async () => (await siteSays()).server?.urls ?? [], { timeout: 30_000, interval: 200 })
      .toContain(`https://${lan}.1:8444`)
    expect((await siteSays()).server).toMatchObject({ hostname: site, problem: null })
  })

  it('its endpoints have no way to Vigie; they install from the site server and register through it with one key for three machines (R9)', async () => {
    expect(
      spawnSync('ip', ['netns', 'exec', one, 'curl', '-sk', '--max-time', '2', `https://${wan}.1:${here.agentPort}/agent/v1/ca.pem`])
        .status,
    ).not.toBe(0)
    const made = await client.call(sitesApi.issueEndpointKey, { params: { productId }, body: { machines: 3 } })
    const installCommand = made.commands.find(({ url }) => url === `https://${lan}.1:8444`)!.installCommand
    await Promise.all(endpoints.map((endpoint) => install(endpoint, installCommand)))
    for (const endpoint of endpoints) run(endpoint)
    await expect
      .poll(async () => (await siteSays()).endpoints, { timeout: 40_000, interval: 200 })
      .toEqual({ all: 3, through: 3, direct: 0, away: 0 })
    expect((await agents()).map(({ hostname, role, through }) => [hostname, role, through]).toSorted()).toEqual(
      [[site, 'own', null], ...endpoints.map((which) => [which, 'endpoint', site])].toSorted(),
    )
    await expect
      .poll(async () => (await client.call(productsApi.getProduct, { params: { productId } })).endpointCount, { timeout: 20_000 })
      .toBe(4)
    const fourth = spawnSync(
      'ip',
      [
        'netns',
        'exec',
        clone,
        agentOf(one),
        'enrol',
        ...enrolArguments(installCommand),
        '--state',
        path.join(folder, 'fourth'),
        '--no-service',
      ],
      { encoding: 'utf8' },
    )
    expect([fourth.status === 0, fourth.stderr]).toEqual([false, expect.stringMatching(/\bkey\b/)])
  })

  it('nobody but the site server listens on a port (R13)', () => {
    const ports = (which: string) =>
      inside(which, 'ss', '-Hltn')
        .split('\n')
        .filter((line) => line !== '')
    if (!['/usr/bin/ss', '/bin/ss', '/usr/sbin/ss'].some((file) => existsSync(file))) return
    expect(ports(site)).toHaveLength(1)
    for (const endpoint of [two, three]) expect(ports(endpoint)).toEqual([]) // at the first there is the mirror of this test
  })

  it('every command that its type declares is taken', async () => {
    const all = await declared()
    expect(all).toEqual(expect.arrayContaining(['apply-settings', 'scan-now', 'start-outbreak-defence', 'upgrade-agent']))
    // there is nothing to stop; an update by schedule may be just under way
    await expect.poll(() => takes(one), { timeout: 30_000, interval: 300 }).toEqual(all.filter((type) => type !== 'stop-scan'))
  })

  it('each is carried out, and the engine itself shows it (AGT-3)', async () => {
    const scanned = async () => {
      await writeFile(files(one, 'invoice.com'), eicar)
      expect(await command(one, 'check')).toMatchObject({
        step: 'succeeded',
        evidence: { process: 'ok', network: 'ok', engine: expect.stringMatching(/^(ok|warning)$/) },
      }) // its signatures are of 2021
      expect(await command(one, 'synchronise')).toMatchObject({ step: 'succeeded', evidence: { endpoints: 1, problem: null } })
      expect(await command(one, 'update-components')).toMatchObject({ step: 'succeeded', evidence: { exitCode: 0 } })
      expect(await command(one, 'scan-now')).toMatchObject({ step: 'succeeded', evidence: { threatsFound: 1 } })
      await expect.poll(async () => (await found(one, 'invoice.com')).length, { timeout: 30_000, interval: 300 }).toBe(1)
      expect(existsSync(files(one, 'invoice.com'))).toBe(false)
    }
    const defended = async () => {
      const table = () => spawnSync('ip', ['netns', 'exec', two, 'nft', 'list', 'table', 'inet', 'vigie_outbreak'], { encoding: 'utf8' })
      const until = new Date(Date.now() + 3_600_000).toISOString()
      // 8444: its way to the site server, which stays open whatever is closed
      expect(await ordered(two, 'start-outbreak-defence', { until, blockPorts: [445, 8444], denyWrites: [] })).toMatchObject({
        step: 'succeeded',
        evidence: { closedUntil: until, openForVigie: '8444' },
      })
      expect(table().stdout).toMatch(/set outbound \{[^}]*elements = \{ 445 timeout/)
      expect(await command(two, 'stop-outbreak-defence')).toMatchObject({ step: 'succeeded', evidence: { openedPorts: '445, 8444' } })
      expect(table().status).not.toBe(0)
    }
    const stopped = async () => {
      mkdirSync(files(three, 'many'))
      writeFileSync(files(three, 'many/0'), Buffer.alloc(20_000_000))
      for (let i = 1; i < 1_000; i++) linkSync(files(three, 'many/0'), files(three, `many/${i}`))
      const scan = await send(three, 'scan-now')
      await expect.poll(() => takes(three), { timeout: 30_000, interval: 200 }).toContain('stop-scan')
      expect(await command(three, 'stop-scan')).toMatchObject({ step: 'succeeded', evidence: { stoppedAt: expect.any(String) } })
      expect(await outcome(scan, 'scan-now')).toMatchObject({ step: 'failed', evidence: { reason: 'stopped' } })
      rmSync(files(three, 'many'), { recursive: true })
    }
    await Promise.all([scanned(), defended(), stopped()])
  })

  it('a new version of the agent comes to an endpoint through the site server and the proxy (R17, AGT-8)', async () => {
    await releases.approved(client, '0.99.0', path.join(path.dirname(manifest), 'vigie-agent.cjs'))
    expect(await ordered(three, 'upgrade-agent', { version: '0.99.0' })).toMatchObject({
      step: 'succeeded',
      evidence: { version: '0.99.0' },
    })
    expect((await agents()).find(({ hostname }) => hostname === three)).toMatchObject({ version: '0.99.0', through: site })
  })

  it('settings go by a screen of their own; the engine shows what is in force (AGT-4)', async () => {
    const id = await agentId(one)
    const { version } = await client.call(settingsApi.getProductSettings, { params: { productId }, query: {} })
    await client.call(settingsApi.changeProductSettings, {
      params: { productId },
      query: {},
      body: { values: { 'update-schedule.every-hours': 6 } },
      headers: { 'if-match': String(version) },
    })
    const told = async () =>
      (await client.call(commandsApi.listCommands, { query: { agentId: id, limit: 50 } })).rows
        .filter(({ type }) => type === 'apply-settings')
        .map(({ step }) => step)
    await expect.poll(told, { timeout: 60_000, interval: 200 }).toContain('succeeded')
  })

  it('a machine copied from another: found, both kept, each with an identity of its own (AGT-9, R10)', async () => {
    mkdirSync(path.join(folder, clone), { recursive: true })
    cpSync(state(two), state(clone), { recursive: true, filter: (file) => !file.endsWith('.sock') })
    run(clone, agentOf(two))
    await expect
      .poll(async () => (await agents()).filter(({ state: is }) => is === 'online' || is === 'plug-in-error').length, {
        timeout: 60_000,
        interval: 300,
      })
      .toBe(5) // the site server has no engine of its own
    const known = await agents()
    expect(known.filter(({ clonedFromId }) => clonedFromId !== null)).toHaveLength(1)
    expect(new Set(known.map(({ hostname }) => hostname))).toEqual(new Set([site, ...endpoints, clone]))
    await expect
      .poll(async () => (await client.call(productsApi.getProduct, { params: { productId } })).endpointCount, { timeout: 30_000 })
      .toBe(5)
  })

  it('site server and proxy killed: an order given meanwhile waits, is carried out once they are back, and what it finds is told once (R15, R22)', async () => {
    await end(site, 'SIGKILL')
    await end(hop, 'SIGKILL')
    await expect.poll(async () => (await siteSays()).endpoints.through, { timeout: 30_000, interval: 200 }).toBe(0)
    await writeFile(files(two, 'second.com'), eicar)
    await client.call(commandsApi.sendCommand, { params: { productId }, body: { type: 'scan-now', agentIds: [await agentId(two)] } })
    runProxy()
    run(site)
    await expect.poll(async () => (await siteSays()).endpoints.through, { timeout: 90_000, interval: 200 }).toBe(4)
    await expect.poll(async () => (await found(two, 'second.com')).length, { timeout: 60_000, interval: 300 }).toBe(1)
    expect((await agents()).filter(({ clonedFromId }) => clonedFromId !== null)).toHaveLength(1)
  })

  it('a machine installed anew: the same endpoint, counted once; nothing of what was found is lost or doubled (AGT-6, AGT-9)', async () => {
    await writeFile(files(three, 'third.com'), eicar)
    expect(await command(three, 'scan-now')).toMatchObject({ step: 'succeeded' })
    await expect.poll(async () => (await found(three, 'third.com')).length, { timeout: 30_000, interval: 300 }).toBe(1)
    await end(three, 'SIGTERM')
    const left = await agentId(three)
    rmSync(state(three), { recursive: true })
    await writeFile(files(three, 'meanwhile.com'), eicar)
    clamavs.get(three)!.clamdscan(files(three, 'meanwhile.com'))
    const made = await client.call(sitesApi.issueEndpointKey, { params: { productId }, body: { machines: 1 } })
    await install(three, made.commands.find(({ url }) => url === `https://${lan}.1:8444`)!.installCommand)
    run(three)
    await expect
      .poll(async () => (await agents()).find(({ hostname, state: is }) => hostname === three && is === 'online')?.id, {
        timeout: 40_000,
        interval: 300,
      })
      .not.toBe(undefined)
    await client.call(productsApi.unregisterAgent, { params: { agentId: left }, body: { confirmName: three } })
    // online comes first, what it takes with its first report a moment later
    const synchronised = () => command(three, 'synchronise').catch((error: Error) => ({ step: error.message }))
    await expect.poll(synchronised, { timeout: 40_000, interval: 300 }).toMatchObject({ step: 'succeeded' })
    // clamd's log has all of it, from the former agent's days: told in its order, the last line last
    await expect.poll(async () => (await found(three, 'meanwhile.com')).length, { timeout: 30_000, interval: 300 }).toBe(1)
    expect((await found(three, '')).map(({ object, outcome: how }) => `${path.basename(object)} ${how}`).toSorted()).toEqual([
      'meanwhile.com failed',
      'third.com quarantined',
    ])
    expect((await client.call(productsApi.getProduct, { params: { productId } })).endpointCount).toBe(5)
  })

  it('an endpoint that is told to leave has left: no agent there, none here, and the command says so (AGT-3, AGT-8)', async () => {
    expect(await ordered(three, 'uninstall-agent')).toMatchObject({ step: 'succeeded' })
    expect((await agents()).filter(({ hostname, state: is }) => hostname === three && is !== 'unregistered')).toEqual([])
    await expect
      .poll(() => [agentOf(three), path.join(state(three), 'identity.json')].filter(existsSync), { timeout: 20_000, interval: 100 })
      .toEqual([])
  })

  it('all of it moves to another installation: approved by a second person, killed in the middle, none left behind, none twice (AGT-11, R16)', async () => {
    const target = await siteProduct(other)
    const { connectionCode } = await other.call(identityApi.issueConnectionCode, {
      params: { productId: target.productId },
      body: { machines: 10 },
    })
    const second = await secondPerson(here.url, client, async (email) => {
      const mail = () => mailbox.mails.find((one) => [one.to].flat()[0]?.text.includes(email))
      await expect.poll(() => mail() !== undefined, { timeout: 20_000 }).toBe(true)
      return /#([\w-]+)/.exec(mail()!.text!)![1]!
    })
    const asked = await client.call(identityApi.startSwitch, {
      params: { productId },
      body: { connectionCode, confirmName: 'Serveur1', reason: 'merger' },
    })
    expect([asked.state, asked.server]).toEqual(['waiting', `https://${wan}.1:${there.agentPort}`])
    await second.client.call(identityApi.judgeSwitch, { params: { switchId: asked.id }, body: { isApproved: true, code: second.code() } })
    const seen = () => client.call(identityApi.getSwitch, { params: { switchId: asked.id } })
    await expect.poll(async () => (await seen()).preparedCount, { timeout: 60_000, interval: 100 }).toBeGreaterThan(0)
    for (const which of [one, site]) {
      await end(which, 'SIGKILL')
      run(which)
    }
    await expect.poll(async () => (await seen()).state, { timeout: 100_000, interval: 300 }).toBe('done')
    expect(await seen()).toMatchObject({ agentCount: 4, switchedCount: 4, troubledCount: 0 })

    const site2 = () => other.call(sitesApi.getSite, { params: { productId: target.productId } })
    await expect
      .poll(async () => (await site2()).endpoints, { timeout: 90_000, interval: 300 })
      .toEqual({ all: 3, through: 3, direct: 0, away: 0 })
    expect((await agents(other, target.productId)).map(({ hostname, role }) => [hostname, role]).toSorted()).toEqual(
      [[site, 'own'], ...[one, two, clone].map((which) => [which, 'endpoint'])].toSorted(),
    )
    expect((await agents()).filter(({ state: is }) => is !== 'unregistered')).toEqual([])
    // what was there stays there; what comes goes to the new side
    expect((await found(one, 'invoice.com')).length).toBe(1)
    await writeFile(files(two, 'fourth.com'), eicar)
    await other.call(commandsApi.sendCommand, {
      params: { productId: target.productId },
      body: { type: 'scan-now', agentIds: [(await agents(other, target.productId)).find(({ hostname }) => hostname === two)!.id] },
    })
    await expect.poll(async () => (await found(two, 'fourth.com', other)).length, { timeout: 60_000, interval: 300 }).toBeGreaterThan(0)
    expect(await found(two, 'fourth.com')).toEqual([])
  })

  it('so every command that its types declare was carried out here, with an outcome that was verified: a new one needs its step above (AGT-3)', async () => {
    const { rows } = await client.call(commandsApi.listCommands, { query: { productId, step: 'succeeded', limit: 200 } })
    expect([...new Set(rows.map(({ type }) => type))].toSorted()).toEqual(await declared())
  })
})
