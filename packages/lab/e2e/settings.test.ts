import { execFileSync, spawn, type ChildProcess } from 'node:child_process'
import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { readFile, writeFile } from 'node:fs/promises'
import path from 'node:path'
import type { Page } from 'playwright-core'
import { commandsApi } from '@vigie/domain/commands'
import { customersApi } from '@vigie/domain/customers'
import { productsApi } from '@vigie/domain/products'
import { settingsApi, urlListsApi, type SettingRow } from '@vigie/domain/settings'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { eicar, Lab, whyNot } from '../../agent/src/engines/clamav/testing/lab.ts'
import { axe, openBrowser, settle, visit, type Visit } from '../../web/e2e/kit.ts'
import { ConsoleClient } from '../src/console/index.ts'
import { startProduct, type Product } from './product.ts'

const agentMain = path.resolve(import.meta.dirname, '../../agent/src/main.ts')
const reason = whyNot() ?? (existsSync(path.resolve(import.meta.dirname, '../../web/dist/index.html')) ? null : 'the console is not built')
if (reason !== null) process.stderr.write(`skipped, settings from the console to the engine: ${reason}\n`)

/**
 * AGT-4 with nothing faked: server and agent in processes of their own, a browser, real ClamAV. What the console says is held against what the engine does: does it deny access to a virus?
 * The steps build on each other and run in order.
 */
/** Kills; even, so that real-time scan ends switched on. `npm run test:long` takes more. */
const rounds = process.env['VIGIE_TEST_LONG'] === '1' ? 20 : 4

describe.skipIf(reason !== null)('settings from the console to the engine and back', { timeout: 120_000 }, () => {
  let product: Product
  let client: ConsoleClient
  let clamav: Lab
  let opened: Awaited<ReturnType<typeof openBrowser>>
  let person: Visit
  let page: Page
  let productId: string
  let agent: ChildProcess | null = null
  let virus: string

  const state = () => path.join(product.folder, 'agent-state')
  const run = () => {
    agent = spawn(process.execPath, [agentMain, 'run', '--state', state()], { stdio: 'ignore' })
  }
  const end = async (signal: 'SIGTERM' | 'SIGKILL') => {
    const child = agent
    agent = null
    if (!child || child.exitCode !== null || child.signalCode !== null) return
    const gone = new Promise((resolve) => child.once('exit', resolve))
    child.kill(signal)
    await gone
  }
  const read = () => client.call(settingsApi.getProductSettings, { params: { productId } })
  const row = async (key: string): Promise<SettingRow> => (await read()).rows.find((one) => one.key === key)!
  const set = async (values: Record<string, boolean | number | string | string[]>) => {
    const { version } = await read()
    await client.call(settingsApi.changeProductSettings, {
      params: { productId },
      body: { values, confirmWeaker: true },
      headers: { 'if-match': String(version) },
    })
  }
  const isDenied = () =>
    readFile(virus).then(
      () => false,
      () => true,
    )
  const scanSwitch = () => page.getByRole('switch', { name: 'Real-time scan', exact: true })
  const line = () => page.locator('[data-setting="real-time-scan.enabled"]')
  const sees = (words: string | RegExp, ms = 40_000) => line().getByText(words).first().waitFor({ timeout: ms })
  const save = () =>
    page
      .getByRole('region', { name: /not saved/ })
      .getByRole('button', { name: 'Save' })
      .click()
  const orders = async () =>
    (await client.call(commandsApi.listCommands, { query: { productId, limit: 100, sort: '-sentAt' } })).rows.filter(
      ({ type }) => type === 'apply-settings',
    )

  beforeAll(async () => {
    product = await startProduct()
    clamav = await Lab.make()
    await clamav.writeFreshclamConf('http://127.0.0.1:9')
    await clamav.startClamd()
    virus = clamav.path('files/invoice.com')
    await writeFile(virus, eicar)
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
    const { installCommand } = await client.call(productsApi.issueKey, { params: { productId } })
    const said = (pattern: RegExp) => pattern.exec(installCommand)![1]!
    mkdirSync(state(), { mode: 0o700 })
    writeFileSync(
      path.join(state(), 'settings.json'),
      JSON.stringify({
        engines: {
          clamav: {
            clamdConf: clamav.conf,
            freshclamConf: clamav.path('freshclam.conf'),
            scanPaths: [clamav.path('files')],
            onAccess: null,
          },
        },
      }),
      { mode: 0o600 },
    )
    execFileSync(process.execPath, [
      agentMain,
      'enrol',
      '--server',
      said(/(https:\/\/[\d.]+:\d+)/),
      '--guid',
      said(/--guid (\S+)/),
      '--key',
      said(/--key (\S+)/),
      '--ca-sha256',
      said(/= ([0-9A-F]{64}) /),
      '--no-service',
      '--state',
      state(),
    ])
    run()
    opened = await openBrowser()
    person = await visit(opened.browser)
    page = person.page
    await person.context.addCookies(client.cookies().map((cookie) => ({ ...cookie, url: product.url })))
    await vi.waitFor(async () => expect((await row('real-time-scan.enabled')).onMachines).toBe(false), { timeout: 60_000, interval: 500 })
    // never the usual folders: the machine a test runs on is nobody's to watch
    await set({ 'real-time-scan.paths': [clamav.path('files')] })
    await vi.waitFor(async () => expect((await row('real-time-scan.paths')).state).toBe('effective'), { timeout: 60_000, interval: 500 })
  }, 300_000)
  afterAll(async () => {
    await end('SIGTERM')
    await opened?.close()
    await clamav?.close()
    await product?.stop()
  }, 60_000)

  it('shows what the machine has while nobody has set anything: real-time scan off, though our default is on', async () => {
    await page.goto(`${product.url}/products/${productId}?tab=settings`)
    await settle(page)
    await sees('As on the endpoint')
    expect(await scanSwitch().isChecked()).toBe(false)
    expect(await isDenied()).toBe(false)
  })

  it('switched on in the console: under way while the agent is busy, in force when the engine shows it, unasked (AGT-3, AGT-4)', async () => {
    agent!.kill('SIGSTOP') // as if it were busy: the order waits
    try {
      await scanSwitch().check({ force: true })
      await sees('Not saved yet')
      await save()
      await sees(/^(Under way|Waiting for the agent)$/)
      expect(await isDenied()).toBe(false)
      expect(await axe(page)).toEqual([])
    } finally {
      agent!.kill('SIGCONT')
    }
    await sees('In force')
    await expect.poll(isDenied, { timeout: 20_000 }).toBe(true)
    await line()
      .getByText(/Lab Owner/)
      .first()
      .waitFor() // who set it
  })

  it('switched off: asked first, because it weakens protection (R16); then the engine lets through', async () => {
    await scanSwitch().uncheck({ force: true })
    await save()
    const dialog = page.getByRole('dialog')
    await dialog.getByText('Real-time scan: from On to Off.').waitFor()
    expect(await isDenied()).toBe(true)
    await dialog.getByRole('button', { name: 'Change it all the same' }).click()
    await expect.poll(isDenied, { timeout: 40_000 }).toBe(false)
    await sees('In force')
    expect((await orders()).map(({ step }) => step)).toEqual(['succeeded', 'succeeded', 'succeeded'])
  })

  it('by hand on the machine: shown drifted with both values; what Vigie cannot put back fails honestly, and it can once the hand is gone (R15)', async () => {
    await clamav.startClamonacc() // an administrator runs a scanner of his own, against what is wanted
    await client.call(commandsApi.sendCommand, { params: { productId }, body: { type: 'synchronise' } }) // asked, it looks at once; unasked once a minute
    await sees('Drifted', 90_000)
    await line()
      .getByText(/reports: On/)
      .first()
      .waitFor()
    expect(await scanSwitch().isChecked()).toBe(false)
    await page.getByRole('button', { name: 'Put back' }).click()
    await sees('Failed', 90_000) // his is not ours to end
    expect((await orders())[0]).toMatchObject({ step: 'failed', evidence: { reason: 'scanner-not-ours' } })
    const own = execFileSync('ps', ['-eo', 'pid,args'], { encoding: 'utf8' })
      .split('\n')
      .filter((one) => one.includes('clamonacc') && one.includes(clamav.path('clamonacc.conf')))
    for (const one of own) process.kill(Number(one.trim().split(' ')[0]), 'SIGTERM')
    await page.getByRole('button', { name: 'Try again' }).click()
    await sees('In force', 90_000)
    expect(await isDenied()).toBe(false)
  }, 300_000)

  it('killed at random moments in the middle of an order: every outcome is honest, and in the end what is wanted holds (R15)', async () => {
    const earlier = (await orders()).length
    for (let round = 1; round <= rounds; round++) {
      await set({
        'update-schedule.every-hours': round,
        'real-time-scan.enabled': round % 2 === 0,
        'exclusions.paths': round % 3 === 0 ? [clamav.path('files/left')] : [],
      })
      await new Promise((resolve) => setTimeout(resolve, Math.floor(Math.random() * 700)))
      await end('SIGKILL')
      run()
      // every other time the next order comes before it is back
      if (round % 2 === 0)
        await expect
          .poll(async () => (await client.call(productsApi.listAgents, { params: { productId } })).rows[0]!.state, {
            timeout: 30_000,
            interval: 100,
          })
          .toBe('online')
    }
    const wanted = async () => {
      const rows = (await read()).rows.filter(({ origin }) => origin.kind === 'product')
      return rows.map(({ key, state: is }) => `${key} ${is}`).filter((one) => !one.endsWith(' effective'))
    }
    await expect.poll(wanted, { timeout: 150_000, interval: 1_000 }).toEqual([])
    expect(await row('update-schedule.every-hours')).toMatchObject({ value: rounds, state: 'effective' })
    await expect.poll(isDenied, { timeout: 20_000 }).toBe(true)
    const told = async () => (await orders()).slice(0, -earlier)
    // the last word of the last one may come after its effect; one that was handed over and died with the agent is handed over again
    await expect
      .poll(
        async () =>
          (await told()).map(({ step }) => step).filter((step) => step === 'running' || step === 'waiting' || step === 'delivered'),
        { timeout: 60_000 },
      )
      .toEqual([])
    const reasons = (await told()).filter(({ step }) => step === 'failed').map(({ evidence }) => evidence?.['reason'])
    expect(reasons.filter((one) => one !== 'agent-restarted')).toEqual([])
    // orphans of a killed agent: one scanner runs, not one a life
    const scanners = () =>
      execFileSync('ps', ['-eo', 'args'], { encoding: 'utf8' })
        .split('\n')
        .filter((one) => /^\S*clamonacc/.test(one) && one.includes(state()))
    await expect.poll(() => scanners().length, { timeout: 20_000 }).toBe(1)
  }, 400_000)

  it('URLs from a CSV file: what fits is kept, what does not stays with its reason; nobody filters yet, and the page says so (ADM-2)', async () => {
    await page.goto(`${product.url}/administration/urls`)
    await settle(page)
    await page
      .getByText(/ClamAV examines files and mails, not web addresses/)
      .first()
      .waitFor()
    await page.getByRole('button', { name: 'Add URLs' }).first().click()
    const dialog = page.getByRole('dialog')
    await dialog.locator('input[type=file]').setInputFiles({
      name: 'blocked.csv',
      mimeType: 'text/csv',
      buffer: Buffer.from(
        '\uFEFFURL,List,Added by\r\nbücher.example,Blocked,Ada\r\n"*.shop.example",Blocked,Ada\r\njavascript:alert(1),Blocked,Ada\r\n',
      ),
    })
    await expect
      .poll(() => dialog.getByRole('textbox', { name: 'One a line' }).inputValue())
      .toBe('bücher.example\n*.shop.example\njavascript:alert(1)')
    await dialog.getByText('Blocked', { exact: true }).click()
    await dialog.getByRole('button', { name: 'Add URLs' }).click()
    await dialog.getByText('1 entry was not added').waitFor()
    expect(await axe(page)).toEqual([])
    expect(await dialog.getByRole('textbox', { name: 'One a line' }).inputValue()).toBe('javascript:alert(1)')
    await page.keyboard.press('Escape')
    for (const shown of ['bücher.example', '*.shop.example']) await page.locator('tbody').getByText(shown).first().waitFor()
    const { rows } = await client.call(urlListsApi.listUrls, { query: { kind: 'blocked' } })
    expect(rows.map(({ text }) => text).toSorted()).toEqual(['*.shop.example', 'xn--bcher-kva.example'])
  })

  it('no page had a script error, a refusal by its CSP, or a 5xx', () => {
    expect(person.faults).toEqual([])
  })
})
