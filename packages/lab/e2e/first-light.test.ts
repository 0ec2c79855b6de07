import { execFileSync, spawn, type ChildProcess } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync } from 'node:fs'
import { readdir, readFile, writeFile } from 'node:fs/promises'
import path from 'node:path'
import type { Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { eicar, Lab, whyNot } from '../../agent/src/engines/clamav/testing/lab.ts'
import { openBrowser, settle, visit, type Visit } from '../../web/e2e/kit.ts'
import { startMailbox, startProduct, type Product } from './product.ts'

const builtConsole = path.resolve(import.meta.dirname, '../../web/dist/index.html')
const manifest = path.resolve(import.meta.dirname, '../../agent/dist/manifest.json')
const isPacked = existsSync(manifest) && readFileSync(manifest, 'utf8').includes('"linux-x64"')
const missing = ['curl', 'openssl', 'xz'].filter(
  (program) => !['/usr/bin/', '/bin/', '/usr/local/bin/'].some((folder) => existsSync(folder + program)),
)
const reason =
  whyNot() ??
  (missing.length > 0
    ? `not installed: ${missing.join(', ')}`
    : !existsSync(builtConsole)
      ? 'the console is not built'
      : isPacked
        ? null
        : 'the agent is not packed')
if (reason !== null) process.stderr.write(`skipped, first light: ${reason}\n`)

/**
 * Issue "First light", the whole chain with nothing faked: the product in a process of its own, a browser, the pasted install command, the packed agent, real clamd,
 * clamonacc and freshclam, a real SMTP conversation. The steps build on each other and run in order.
 */
describe.skipIf(reason !== null)(
  'first light: an infection reaches console and mailbox, and is mended from there',
  { timeout: 120_000 },
  () => {
    let product: Product
    let mailbox: Awaited<ReturnType<typeof startMailbox>>
    let clamav: Lab
    let browser: Awaited<ReturnType<typeof openBrowser>>
    let person: Visit
    let page: Page
    let agent: ChildProcess | null = null
    let agentLog = ''
    let installed: string
    let command: string

    const state = () => path.join(product.folder, 'agent-state')
    const vigieAgent = (...args: string[]) => execFileSync(installed, [...args, '--state', state()], { encoding: 'utf8' })
    const watched = (name: string) => clamav.path(`files/${name}`)
    const see = (text: string | RegExp, ms = 20_000) => page.getByText(text).filter({ visible: true }).first().waitFor({ timeout: ms })
    const press = (name: string | RegExp) => page.getByRole('button', { name }).first().click()

    /** The test signatures are of 2021: that they are old is an event with a mail of its own. */
    const aboutInfection = () => mailbox.mails.filter((mail) => /infect/i.test(mail.subject ?? ''))

    function runAgent(): void {
      agent = spawn(installed, ['run', '--state', state()], { stdio: ['ignore', 'pipe', 'pipe'] })
      for (const stream of [agent.stdout!, agent.stderr!]) stream.setEncoding('utf8').on('data', (text: string) => void (agentLog += text))
    }

    async function stopAgent(): Promise<void> {
      if (agent === null || agent.exitCode !== null || agent.signalCode !== null) return
      const gone = new Promise((resolve) => agent!.once('exit', resolve))
      agent.kill('SIGTERM')
      await gone
    }

    beforeAll(async () => {
      mailbox = await startMailbox()
      product = await startProduct({ VIGIE_SMTP_URL: mailbox.url })
      clamav = await Lab.make()
      // starts with old signatures that know nothing of EICAR; the mirror has the newer ones
      await clamav.startClamd()
      browser = await openBrowser()
      person = await visit(browser.browser)
      page = person.page
    }, 300_000)

    afterAll(async () => {
      await stopAgent()
      await browser?.close()
      await clamav?.close()
      await product?.stop()
      await mailbox?.close()
    }, 60_000)

    it('sets up by the one-time link (ACC-4, R8)', async () => {
      await page.goto(product.setupLink)
      await settle(page)
      await page.getByLabel('Business name').fill('Atelier Réseau')
      await page.getByLabel('First name').fill('Claire')
      await page.getByLabel('Last name').fill('Moreau')
      await page.getByLabel('E-mail address').fill('claire@example.com')
      await page.getByLabel('Password', { exact: true }).fill('une vigie veille la nuit')
      await press('Finish')
      await page.waitForURL(/\/home/)
      await see('Add a customer')
      const again = await fetch(`${product.url}/api/v1/setup`)
      expect(again.status).toBe(404)
    })

    it('adds a customer and a product in three steps (CUS-1, PRD-2)', async () => {
      await page.goto(`${product.url}/customers/new`)
      await settle(page)
      await page.getByLabel('Company name').fill('Boulangerie Martin')
      await page.getByLabel('Country').first().click()
      await page.keyboard.type('Franc')
      await page.getByRole('option', { name: 'France' }).first().click()
      await press('Next')
      await page.getByLabel('First name').fill('Paul')
      await page.getByLabel('Last name').fill('Martin')
      await page.getByLabel('E-mail address').fill('paul@martin.example')
      await press('Next')
      await press('Add a product')
      await page.getByLabel('Description').fill('Fournil1')
      await press('Add the customer and its product')
      await see('Connect “Fournil1”')
    })

    it('shows one command; pasted in a root shell it installs, registers, and the open page says "online" (AGT-1, PRD-2, EVT-8)', async () => {
      await page.getByRole('link', { name: 'How to connect' }).first().click()
      await settle(page)
      await press('Show the install command')
      const box = page.locator('code, pre, [data-copy]').filter({ hasText: 'curl -fsSk' }).first()
      await box.waitFor()
      command = (await box.innerText()).trim()
      expect(command).not.toContain('\n')
      // a test machine's service manager is left alone: registered here, run in the foreground below
      const prefix = path.join(product.folder, 'prefix')
      mkdirSync(prefix)
      execFileSync('sh', ['-c', `${command} --state ${state()} --no-service`], {
        env: { ...process.env, VIGIE_PREFIX: prefix },
        encoding: 'utf8',
        stdio: 'pipe',
      })
      installed = path.join(prefix, 'bin/vigie-agent')
      await clamav.writeFreshclamConf(
        await clamav.startMirror(
          new Map([
            ['daily.cvd', 'test-6.cvd'],
            ['main.cvd', 'test-1.cvd'],
            ['bytecode.cvd', 'bytecode.cvd'],
          ]),
        ),
      )
      vigieAgent(
        'configure',
        '--clamd-conf',
        clamav.conf,
        '--freshclam-conf',
        clamav.path('freshclam.conf'),
        '--scan-paths',
        clamav.path('files'),
        '--on-access',
        clamav.path('files'),
      )
      runAgent()
      await see(/^Online/)
      // its exit code says that the engine is well too: real-time scanning has started
      const status = (): unknown => {
        try {
          return JSON.parse(vigieAgent('status', '--json'))
        } catch {
          return null
        }
      }
      await expect.poll(status, { timeout: 40_000, interval: 500 }).toMatchObject({ state: 'online' })
    })

    it('the same command again is refused: its key works once (R9)', () => {
      const again = () =>
        execFileSync('sh', ['-c', `${command} --state ${state()}-2 --no-service`], {
          env: { ...process.env, VIGIE_PREFIX: path.join(product.folder, 'prefix') },
          encoding: 'utf8',
          stdio: 'pipe',
        })
      expect(again).toThrow(/key/i)
    })

    it('EICAR dropped on the server: the event is in the open console within seconds, unasked (EVT-3, EVT-8)', async () => {
      await page.goto(`${product.url}/events`)
      await settle(page)
      await writeFile(watched('invoice.com'), eicar)
      // somebody opens it: the real-time scan denies access, the file stays, and that is an infection
      const opened = () =>
        readFile(watched('invoice.com')).then(
          () => 'opened',
          (error: NodeJS.ErrnoException) => error.code,
        )
      await expect.poll(opened, { timeout: 20_000 }).toBe('EPERM')
      const droppedAt = performance.now()
      await page
        .getByRole('link', { name: /infection/i })
        .or(page.getByText(/infection/i))
        .filter({ visible: true })
        .first()
        .waitFor({ timeout: 15_000 })
      expect(performance.now() - droppedAt).toBeLessThan(10_000)
      await see('Boulangerie Martin')
    })

    it('one mail about it, in the reader’s language, with a link to the event (NTF-4, NTF-10)', async () => {
      await expect.poll(() => aboutInfection().length, { timeout: 20_000 }).toBe(1)
      const mail = aboutInfection()[0]!
      expect(mail.subject).toContain('Boulangerie Martin')
      expect(mail.text).toContain('Fournil1')
      expect(mail.text).toContain(`${product.url}/events/`)
      expect(mail.html).toContain('Boulangerie Martin')
    })

    it('the event explains itself, and "Scan now" ends it by the engine’s own evidence (EVT-2, EVT-6, AGT-3)', async () => {
      const link = /http\S+\/events\/[0-9a-f-]{36}/.exec(aboutInfection()[0]!.text!)![0]
      await page.goto(link)
      await settle(page)
      await see('Fournil1')
      await press(/Scan now/)
      const sure = page.getByRole('dialog').getByRole('button', { name: /scan|send/i })
      if (
        await sure
          .first()
          .isVisible({ timeout: 1_000 })
          .catch(() => false)
      )
        await sure.first().click()
      await see(/Resolved/, 45_000)
      await see(/quarantin/i)
      expect(existsSync(watched('invoice.com'))).toBe(false)
      const kept = await readdir(path.join(state(), 'clamav/quarantine'), { recursive: true })
      expect(kept.length).toBeGreaterThan(0)
    })

    it('an agent that is stopped says goodbye and is offline at once; started again it is online (AGT-2)', async () => {
      await page.goto(`${product.url}/customers`)
      await settle(page)
      await page.getByRole('link', { name: 'Boulangerie Martin' }).first().click()
      await see(/^Online/)
      await stopAgent()
      await see(/^Offline/)
      runAgent()
      await see(/^Online/)
    })

    it('the server killed, an infection while it is away, and started again: the agent comes back, nothing is lost or doubled; it is the same event again, of which nobody is woken twice (R22, EVT-2, NTF-4)', async () => {
      await writeFile(watched('second.com'), eicar)
      await product.killAndStart(async () => {
        await expect
          .poll(
            () =>
              readFile(watched('second.com')).then(
                () => 'opened',
                (error: NodeJS.ErrnoException) => error.code,
              ),
            { timeout: 20_000 },
          )
          .toBe('EPERM')
      })
      await page.goto(`${product.url}/events`)
      await settle(page)
      await page
        .getByText(/infection/i)
        .filter({ visible: true })
        .first()
        .waitFor({ timeout: 60_000 })
      const second = async () => {
        const { rows } = await page.evaluate(
          async () => (await (await fetch('/api/v1/detections?limit=200')).json()) as { rows: { object: string; at: string }[] },
        )
        return rows.filter((row) => row.object.endsWith('second.com')).map((row) => row.at)
      }
      await expect.poll(async () => (await second()).length, { timeout: 30_000 }).toBeGreaterThan(0)
      expect(new Set(await second()).size).toBe((await second()).length)
      expect(aboutInfection().map(({ subject }) => subject)).toHaveLength(1)
    })

    it('no page had a script error, a refusal by its CSP, or a 5xx', () => {
      expect(
        person.faults.filter(
          (fault) => !/EventSource|ERR_CONNECTION_REFUSED|ERR_INCOMPLETE|ERR_CONNECTION_RESET|Failed to load resource: net/.test(fault),
        ),
      ).toEqual([])
      expect(agentLog).not.toMatch(/unexpected/i)
    })
  },
)
