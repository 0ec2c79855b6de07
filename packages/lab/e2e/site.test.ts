import { execFileSync, spawn, spawnSync, type ChildProcess } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { commandsApi } from '@vigie/domain/commands'
import { eventsApi } from '@vigie/domain/events'
import { productsApi } from '@vigie/domain/products'
import { sitesApi } from '@vigie/domain/sites'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { eicar, Lab, whyNot } from '../../agent/src/engines/clamav/testing/lab.ts'
import { ConsoleClient } from '../src/console/index.ts'
import { type Product, startProduct } from './product.ts'
import { endpointKey, siteProduct } from './site-server.ts'

const manifest = path.resolve(import.meta.dirname, '../../agent/dist/manifest.json')
const isPacked = existsSync(manifest) && readFileSync(manifest, 'utf8').includes('"linux-x64"')
const missing = ['curl', 'openssl', 'xz', 'ip'].filter((program) => !['/usr/bin/', '/bin/', '/usr/local/bin/', '/sbin/', '/usr/sbin/'].some((folder) => existsSync(folder + program)))
const name = `vt${process.pid % 10_000}`
const mayMakeNetworks = process.getuid?.() === 0 && spawnSync('ip', ['netns', 'add', `${name}-try`]).status === 0
if (mayMakeNetworks) spawnSync('ip', ['netns', 'del', `${name}-try`])
const reason = whyNot() ?? (missing.length > 0 ? `not installed: ${missing.join(', ')}` : !isPacked ? 'the agent is not packed' : mayMakeNetworks ? null : 'networks of our own are not allowed here')
if (reason !== null) process.stderr.write(`skipped, a site in networks of its own: ${reason}\n`)

/** Addresses of the test's own: Vigie and the site server share one network, the site server and its endpoints another. */
const wan = `10.${200 + (process.pid % 50)}.77`
const lan = `10.${200 + (process.pid % 50)}.78`
const ip = (...args: string[]) => void execFileSync('ip', args, { stdio: 'pipe' })
const namespaces = ['site', 'one', 'two', 'three'].map((which) => `${name}-${which}`)
const [site, ...endpoints] = namespaces as [string, string, string, string]

/**
 * AGT-8 as it stands at a customer: endpoints that have no route to Vigie install from their site server, enrol and report through it. Real networks (Linux namespaces), the
 * packed agent, one real ClamAV; the steps build on each other.
 */
describe.skipIf(reason !== null)('a site whose endpoints reach nothing but their site server', { timeout: 120_000 }, () => {
  let product: Product
  let client: ConsoleClient
  let clamav: Lab
  let folder: string
  let productId: string
  let installCommand: string
  const running = new Map<string, ChildProcess>()

  const state = (which: string) => path.join(folder, which, 'state')
  const agentOf = (which: string) => path.join(folder, which, 'prefix/bin/vigie-agent')
  const inside = (which: string, command: string, ...args: string[]) => execFileSync('ip', ['netns', 'exec', which, command, ...args], { encoding: 'utf8', stdio: 'pipe', env: { ...process.env, VIGIE_PREFIX: path.join(folder, which, 'prefix') } })
  const siteSays = () => client.call(sitesApi.getSite, { params: { productId } })

  function install(which: string, command: string): void {
    mkdirSync(path.join(folder, which, 'prefix'), { recursive: true })
    // a host name of its own: the machine's is the same in every namespace, and its fingerprint with it
    inside(which, 'unshare', '--uts', 'sh', '-c', `hostname ${which} && ${command} --state ${state(which)} --no-service`)
    inside(which, agentOf(which), 'configure', '--on-access', 'off', '--clamd-conf', clamav.conf, '--scan-paths', clamav.path('files'), '--state', state(which))
  }
  function run(which: string): void {
    const child = spawn('ip', ['netns', 'exec', which, 'unshare', '--uts', 'sh', '-c', `hostname ${which} && exec ${agentOf(which)} run --state ${state(which)}`], { stdio: 'ignore' })
    running.set(which, child)
  }
  async function end(which: string, signal: 'SIGTERM' | 'SIGKILL'): Promise<void> {
    const child = running.get(which)
    running.delete(which)
    if (!child || child.exitCode !== null || child.signalCode !== null) return
    const gone = new Promise((resolve) => child.once('exit', resolve))
    child.kill(signal)
    await gone
  }

  beforeAll(async () => {
    folder = mkdtempSync(path.join(tmpdir(), 'vigie-site-'))
    for (const one of namespaces) {
      ip('netns', 'add', one)
      ip('-n', one, 'link', 'set', 'lo', 'up')
    }
    ip('link', 'add', `${name}-up`, 'type', 'veth', 'peer', 'name', 'wan0', 'netns', site)
    ip('addr', 'add', `${wan}.1/24`, 'dev', `${name}-up`)
    ip('link', 'set', `${name}-up`, 'up')
    ip('-n', site, 'addr', 'add', `${wan}.2/24`, 'dev', 'wan0')
    ip('-n', site, 'link', 'set', 'wan0', 'up')
    // one cable to each endpoint, each a network of its own: endpoints do not see one another either
    for (const [i, endpoint] of endpoints.entries()) {
      ip('-n', site, 'link', 'add', `down${i}`, 'type', 'veth', 'peer', 'name', 'eth0', 'netns', endpoint)
      ip('-n', site, 'addr', 'add', `${lan}.1/32`, 'peer', `${lan}.${11 + i}/32`, 'dev', `down${i}`)
      ip('-n', site, 'link', 'set', `down${i}`, 'up')
      ip('-n', endpoint, 'addr', 'add', `${lan}.${11 + i}/32`, 'peer', `${lan}.1/32`, 'dev', 'eth0')
      ip('-n', endpoint, 'link', 'set', 'eth0', 'up')
    }
    product = await startProduct({}, `${wan}.1`)
    client = new ConsoleClient(product.url)
    await client.setUp(product.setupLink, { businessName: 'Lab', email: 'lab@example.com', password: 'the lab signs in with this' })
    clamav = await Lab.make()
    await clamav.startClamd()
  }, 120_000)

  afterAll(async () => {
    for (const which of namespaces) await end(which, 'SIGTERM')
    await clamav?.close()
    await product?.stop()
    for (const one of namespaces) spawnSync('ip', ['netns', 'del', one])
    spawnSync('ip', ['link', 'del', `${name}-up`])
    if (folder) rmSync(folder, { recursive: true, force: true })
  }, 60_000)

  it('the site server is installed by the product’s command, and says where it listens', async () => {
    const made = await siteProduct(client)
    productId = made.productId
    install(site, made.installCommand)
    run(site)
    await expect.poll(async () => (await siteSays()).server?.urls ?? [], { timeout: 30_000, interval: 300 }).toContain(`https://${lan}.1:8444`)
    expect((await siteSays()).server).toMatchObject({ hostname: site, problem: null })
  })

  it('its endpoints have no way to Vigie', () => {
    expect(spawnSync('ip', ['netns', 'exec', endpoints[0]!, 'curl', '-sk', '--max-time', '3', `https://${wan}.1:${product.agentPort}/agent/v1/ca.pem`]).status).not.toBe(0)
  })

  it('they install from the site server and register through it with one key for three machines (R9)', async () => {
    await endpointKey(client, productId, 3)
    const made = await client.call(sitesApi.issueEndpointKey, { params: { productId }, body: { machines: 3 } })
    installCommand = made.commands.find(({ url }) => url === `https://${lan}.1:8444`)!.installCommand
    for (const endpoint of endpoints) install(endpoint, installCommand)
    for (const endpoint of endpoints) run(endpoint)
    await expect.poll(async () => (await siteSays()).endpoints, { timeout: 40_000, interval: 300 }).toEqual({ all: 3, through: 3, direct: 0, away: 0 })
    const { rows } = await client.call(productsApi.listAgents, { params: { productId } })
    expect(rows.map(({ hostname, role, through }) => [hostname, role, through]).toSorted()).toEqual([[site, 'own', null], ...endpoints.map((one) => [one, 'endpoint', site])].toSorted())
    await expect.poll(async () => (await client.call(productsApi.getProduct, { params: { productId } })).endpointCount, { timeout: 20_000 }).toBe(4)
  })

  it('a fourth machine with the same key is refused', () => {
    const fourth = () => inside(endpoints[0]!, 'sh', '-c', `${installCommand} --state ${path.join(folder, 'fourth')} --no-service`)
    expect(fourth).toThrow(/key/i)
  })

  it('nobody but the site server listens on a port (R13)', () => {
    const ports = (which: string) => inside(which, 'ss', '-Hltn').split('\n').filter((line) => line !== '')
    if (!existsSync('/usr/bin/ss') && !existsSync('/bin/ss') && !existsSync('/usr/sbin/ss')) return
    expect(ports(site)).toHaveLength(1)
    for (const endpoint of endpoints) expect(ports(endpoint)).toEqual([])
  })

  it('real ClamAV at an endpoint: an order from the console scans there, and what it finds is told through the site server (AGT-3)', async () => {
    await writeFile(clamav.path('files/invoice.com'), eicar)
    const { rows } = await client.call(productsApi.listAgents, { params: { productId } })
    const agentId = rows.find(({ hostname }) => hostname === endpoints[0])!.id
    await client.call(commandsApi.sendCommand, { params: { productId }, body: { type: 'scan-now', agentIds: [agentId] } })
    await expect.poll(async () => (await client.call(eventsApi.listDetections, { query: { limit: 50 } })).rows.map(({ object }) => object), { timeout: 60_000, interval: 500 }).toContain(clamav.path('files/invoice.com'))
    const { rows: found } = await client.call(eventsApi.listDetections, { query: { limit: 50 } })
    expect(found.some((one) => one.object.endsWith('invoice.com') && one.endpointName === endpoints[0])).toBe(true)
  })

  it('the site server killed: an order given meanwhile waits, is carried out once it is back, and what it finds is told once (R15, R22)', async () => {
    await end(site, 'SIGKILL')
    await expect.poll(async () => (await siteSays()).endpoints.through, { timeout: 30_000, interval: 300 }).toBe(0)
    await writeFile(clamav.path('files/second.com'), eicar)
    const agents = (await client.call(productsApi.listAgents, { params: { productId } })).rows
    const agentId = agents.find(({ hostname }) => hostname === endpoints[1])!.id
    await client.call(commandsApi.sendCommand, { params: { productId }, body: { type: 'scan-now', agentIds: [agentId] } })
    run(site)
    await expect.poll(async () => (await siteSays()).endpoints.through, { timeout: 90_000, interval: 300 }).toBe(3)
    const second = async () => (await client.call(eventsApi.listDetections, { query: { limit: 100 } })).rows.filter(({ object, endpointName }) => object.endsWith('second.com') && endpointName === endpoints[1])
    await expect.poll(async () => (await second()).length, { timeout: 60_000, interval: 500 }).toBe(1)
    const { rows } = await client.call(productsApi.listAgents, { params: { productId } })
    expect(rows).toHaveLength(4)
    expect(rows.every(({ clonedFromId }) => clonedFromId === null)).toBe(true)
    expect((await client.call(productsApi.getProduct, { params: { productId } })).endpointCount).toBe(4)
  })
})
