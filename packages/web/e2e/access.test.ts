import { createHmac } from 'node:crypto'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { axe, openBrowser, settle, untranslated, visit, type Look, type Visit } from './kit.ts'
import { startVigie, type Running } from './server.ts'

// a browser, a server and a database share two cores with the other tests
vi.setConfig({ testTimeout: 90_000 })

const ada = { email: 'ada@example.com', password: 'a lighthouse keeps no secrets 1', first: 'Ada', last: 'Lovelace' }
let vigie: Running
let opened: Awaited<ReturnType<typeof openBrowser>>
let browser: Browser
let desk: Visit
let page: Page
let recoveryCodes: string[] = []

beforeAll(async () => {
  // in turn: unpacking the browser borrows TMPDIR, and the database's socket folder must not land there
  vigie = await startVigie()
  opened = await openBrowser()
  browser = opened.browser
  desk = await visit(browser)
  page = desk.page
}, 120_000)
afterAll(async () => {
  await opened?.close()
  await vigie?.stop()
})

/** RFC 6238: what an authenticator app shows; `ahead` steps of 30 s from now. */
function totp(secret: string, ahead = 0): string {
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'
  const bits = [...secret.replaceAll(/[\s=]/g, '')].map((sign) => alphabet.indexOf(sign).toString(2).padStart(5, '0')).join('')
  const key = Buffer.from((bits.match(/.{8}/g) ?? []).map((byte) => Number.parseInt(byte, 2)))
  const counter = Buffer.alloc(8)
  counter.writeBigUInt64BE(BigInt(Math.floor(Date.now() / 30_000) + ahead))
  const hash = createHmac('sha1', key).update(counter).digest()
  return String((hash.readUInt32BE(hash.at(-1)! & 15) & 0x7fffffff) % 1_000_000).padStart(6, '0')
}

const go = async (path: string) => {
  await page.goto(`${vigie.url}${path}`)
  await settle(page)
}
const fillSignIn = async (password = ada.password) => {
  await page.getByLabel('E-mail address').fill(ada.email)
  await page.getByLabel('Password', { exact: true }).fill(password)
  await page.getByRole('button', { name: 'Sign in' }).click()
}
const signOut = async () => {
  await page.getByRole('button', { name: /^Account of/ }).click()
  await page.getByRole('menuitem', { name: 'Sign out' }).click()
  await page.waitForURL('**/sign-in*')
}

describe('first run and sign-in (ACC-2, R8)', () => {
  it('the set-up link leads to the page; its token leaves the address at once', async () => {
    await page.goto(vigie.setupLink)
    await settle(page)
    expect(page.url()).not.toContain('#')
    expect(await axe(page)).toEqual([])
  })

  it('what is wrong stands at its field, in words, and focus goes to the first', async () => {
    await page.getByLabel('E-mail address').fill('ada@nowhere')
    await page.getByLabel('Password', { exact: true }).fill('short')
    await page.getByRole('button', { name: 'Finish' }).click()
    await page.getByText('This is needed.').first().waitFor()
    expect(await page.getByText('This is needed.').count()).toBe(3)
    expect(await page.getByText('This is not an e-mail address.').count()).toBe(1)
    expect(await page.getByLabel('Business name').evaluate((input) => input === document.activeElement)).toBe(true)
    expect(await axe(page)).toEqual([])
  })

  it('completes and signs in', async () => {
    await page.getByLabel('Business name').fill('Northwind Managed IT')
    await page.getByLabel('First name').fill(ada.first)
    await page.getByLabel('Last name').fill(ada.last)
    await page.getByLabel('E-mail address').fill(ada.email)
    await page.getByLabel('Password', { exact: true }).fill(ada.password)
    await page.getByRole('button', { name: 'Finish' }).click()
    await page.waitForURL('**/home')
    await page.getByText('Northwind Managed IT').first().waitFor()
  })

  it('afterwards the set-up page is as if it never was', async () => {
    await page.goto(vigie.setupLink)
    await page.getByText('This installation is set up already.').waitFor()
  })

  it('an address wanted before signing in is where one comes to after', async () => {
    await go('/account')
    await signOut()
    await page.goto(`${vigie.url}/administration/accounts?state=active`)
    await page.waitForURL('**/sign-in?return=*')
    await fillSignIn('not the right one at all')
    await page.getByText('The e-mail address or the password is not right.').waitFor()
    expect(await axe(page)).toEqual([])
    await fillSignIn()
    await page.waitForURL('**/administration/accounts?state=active')
  })
})

describe('second factor (ACC-6, R31)', () => {
  let secret = ''

  it('is set up with an authenticator app; recovery codes are shown once, and must be kept first', async () => {
    await go('/account/second-factor')
    secret = (await page.locator('code').innerText()).replaceAll(' ', '')
    await page.getByLabel('Six-digit code').fill(totp(secret))
    // asked for from here on, since it may come before anything of the answer is seen
    const pressedAt = Date.now()
    const renewed = page.waitForResponse(
      (response) => response.url().includes('/api/v1/live') && response.request().timing().startTime > pressedAt,
    )
    await page.getByRole('button', { name: 'Switch it on' }).click()
    await page.getByText('Keep these codes now').waitFor()
    recoveryCodes = await page.getByRole('list', { name: 'Recovery codes' }).getByRole('listitem').allInnerTexts()
    expect(new Set(recoveryCodes).size).toBe(10)
    // the old token's live line is let go within seconds, which sends nobody away from codes that are shown this once
    await renewed
    expect(await axe(page)).toEqual([])
    const kept = page.getByRole('button', { name: 'I have kept them' })
    expect(await kept.getAttribute('aria-disabled')).toBe('true')
    await page.getByRole('button', { name: 'Copy', exact: true }).click()
    await kept.click()
    await page.waitForURL('**/account')
    await page.getByText('Authenticator app').waitFor()
  })

  it('is asked at the next sign-in: a wrong code is told at the field, a recovery code lets in once', async () => {
    await signOut()
    await fillSignIn()
    await page.waitForURL('**/sign-in/code*')
    await settle(page)
    expect(await axe(page)).toEqual([])
    await page.getByLabel('Six-digit code').fill('000000')
    await page.getByRole('button', { name: 'Continue' }).click()
    await page.getByText('The code is not right, or was already used.').waitFor()
    await page.getByRole('button', { name: /recovery code/ }).click()
    await page.getByLabel('Recovery code').fill(recoveryCodes[0]!)
    await page.getByRole('button', { name: 'Continue' }).click()
    await page.waitForURL('**/home')
  })

  it('a half-signed-in session that asks for a screen is led to the code, and on from there', async () => {
    await signOut()
    await fillSignIn()
    await page.waitForURL('**/sign-in/code*')
    await page.goto(`${vigie.url}/account`)
    await page.waitForURL('**/sign-in/code?return=%2Faccount')
    await page.getByLabel('Six-digit code').fill(totp(secret, 1))
    await page.getByRole('button', { name: 'Continue' }).click()
    await page.waitForURL('**/account')
  })
})

describe('accounts (ACC-3..5, ACC-14)', () => {
  it('a double click on "Send the invitation" invites once', async () => {
    await go('/administration/accounts/invite')
    await page.getByLabel('First name').fill('花子')
    await page.getByLabel('Last name').fill('山田')
    await page.getByLabel('E-mail address').fill('hanako@example.jp')
    await page.getByLabel('Language', { exact: true }).first().click()
    await page.getByRole('option', { name: '日本語' }).click()
    // what stands there already is not in the way of what one types
    await page.getByRole('combobox', { name: 'Time zone' }).click()
    await page.keyboard.type('Tokyo')
    await page.getByRole('option', { name: 'Asia/Tokyo' }).click()
    await page.getByRole('button', { name: 'Send the invitation' }).dblclick()
    await page.waitForURL('**/administration/accounts?account=*')
    await page.getByRole('heading', { name: '山田 花子' }).waitFor()
    expect(await page.getByRole('row', { name: /hanako@example\.jp/ }).count()).toBe(1)
    expect(await page.getByText('An account with this e-mail address exists already').count()).toBe(0)
    expect(await axe(page)).toEqual([])
  })

  it('the scope of an account is edited over the list and kept', async () => {
    await page.getByRole('radio', { name: 'Chosen customers and tags' }).check()
    await page.getByRole('button', { name: 'Add a rule' }).click()
    const effects = page.getByLabel('Allow or deny')
    await effects.nth(1).click()
    await page.getByRole('option', { name: 'Deny' }).click()
    await page.getByLabel('Applies to').nth(1).click()
    await page.getByRole('option', { name: 'Tag' }).click()
    await page.getByRole('textbox', { name: 'Tag', exact: true }).fill('government')
    await page.getByRole('button', { name: 'Save' }).click()
    await page.getByText('Saved.').waitFor()
    await page.reload()
    await settle(page)
    await page
      .getByRole('row', { name: /hanako@example\.jp/ })
      .getByText('2 rules')
      .waitFor()
    expect(await page.getByRole('textbox', { name: 'Tag', exact: true }).inputValue()).toBe('government')
  })

  it('leaving with something unsaved asks first', async () => {
    await page.getByRole('textbox', { name: 'Tag', exact: true }).fill('schools')
    await page.getByRole('link', { name: 'Customers', exact: true }).first().click()
    await page.getByRole('dialog', { name: 'Leave without saving?' }).waitFor()
    expect(await axe(page)).toEqual([])
    await page.getByRole('button', { name: 'Stay here' }).click()
    expect(page.url()).toContain('/administration/accounts')
    await page.getByRole('textbox', { name: 'Tag', exact: true }).fill('government')
  })

  it('keys go through rows and panel: Escape closes and focus is back on the row', async () => {
    await page.keyboard.press('Escape')
    await go('/administration/accounts')
    await page.keyboard.press('j')
    await page.keyboard.press('j')
    await page.keyboard.press('Enter')
    await page.waitForURL('**?account=*')
    const second = page.url()
    await page.keyboard.press('ArrowUp')
    await page.waitForURL((url) => url.href !== second && url.search.includes('account='))
    await page.keyboard.press('Escape')
    await page.waitForURL((url) => !url.search.includes('account='))
    await expect.poll(() => page.evaluate(() => document.activeElement?.getAttribute('data-row'))).toBe('1')
  })

  it('the invited person is greeted in the language of the invitation, and comes in', async () => {
    const mail = await page.evaluate(async () => {
      const { rows } = (await (await fetch('/api/v1/deliveries?kind=invitation')).json()) as { rows: { id: string }[] }
      return (await (await fetch(`/api/v1/deliveries/${rows[0]!.id}`)).json()) as { text: string }
    })
    const link = /https?:\/\/\S+#[\w-]+/.exec(mail.text)![0]
    const guest = await visit(browser, { locale: 'en' })
    await guest.page.goto(`${vigie.url}${new URL(link).pathname}${new URL(link).hash}`)
    await guest.page.getByRole('heading', { name: 'Northwind Managed IT に参加' }).waitFor()
    expect(await axe(guest.page)).toEqual([])
    await guest.page.getByLabel('名', { exact: true }).fill('花子')
    await guest.page.getByLabel('姓', { exact: true }).fill('山田')
    await guest.page.getByLabel('新しいパスワード').fill('見張り台から海を眺める 77')
    await guest.page.getByRole('button', { name: 'アカウントを有効化' }).click()
    await guest.page.waitForURL('**/home')
    // A technician: what one may not do is not shown.
    await guest.page.getByRole('link', { name: '顧客', exact: true }).waitFor()
    await guest.page.goto(`${vigie.url}/administration`)
    await settle(guest.page)
    expect(await guest.page.getByText('監査ログ').count()).toBe(0)
    expect(guest.faults).toEqual([])
    await guest.close()
  })

  it('of two tabs editing the business the second is told', async () => {
    await go('/administration/business')
    const other = await desk.context.newPage()
    await other.goto(`${vigie.url}/administration/business`)
    await settle(other)
    // The second tab hears nothing of the change in time: its line to the server is cut.
    await other.route('**/api/v1/live', (route) => route.abort())
    await other.route('**/api/v1/business', (route) => (route.request().method() === 'GET' ? route.abort() : route.continue()))
    const save = (tab: Page) => tab.getByRole('region', { name: 'Settings' }).getByRole('button', { name: 'Save' })
    await page.getByLabel('Business name').fill('Northwind')
    await save(page).click()
    await page.getByText('Saved.').waitFor()
    await other.getByLabel('Business name').fill('Northwind Ltd')
    await save(other).click()
    await other.getByText('Somebody else changed this in the meantime.').waitFor()
    expect(await other.getByLabel('Business name').inputValue()).toBe('Northwind Ltd')
    await other.close()
  })
})

describe('a console that stays open over an upgrade of its server (OPS-2, P14)', () => {
  /** As after an upgrade: this file of the console is there no more, until the page is loaded anew and asks for what its new version names. @returns how often the page was loaded, and how to end it */
  const upgrade = async (file: RegExp) => {
    let loads = 0
    const count = () => void (loads += 1)
    page.on('domcontentloaded', count)
    await page.route(file, (route) => (loads === 0 ? route.fulfill({ status: 404, body: '' }) : route.continue()))
    return {
      loads: () => loads,
      end: async () => {
        page.off('domcontentloaded', count)
        await page.unroute(file)
      },
    }
  }

  it('comes to the screen one goes to once the server answers again, and no sooner than one goes there', async () => {
    await go('/administration')
    const upgraded = await upgrade(/assets\/OutboxPage-/)
    const link = page.getByRole('navigation', { name: 'Main' }).getByRole('link', { name: 'Outbox' })
    const isAskedEarly = page.waitForResponse(/assets\/OutboxPage-/)
    await link.hover()
    expect((await isAskedEarly).status()).toBe(404)
    // still down when one goes there, up again when it is asked the second time
    let asked = 0
    await page.route(`${vigie.url}/`, (route) => (++asked === 1 ? route.abort() : route.continue()))
    await link.click()
    await page.getByText('The server can’t be reached').first().waitFor()
    await page.getByRole('heading', { name: 'Outbox', level: 1 }).waitFor()
    await settle(page)
    expect([upgraded.loads(), asked, new URL(page.url()).pathname]).toEqual([1, 2, '/administration/outbox'])
    await page.unroute(`${vigie.url}/`)
    await upgraded.end()
  })

  it('keeps what is typed: it asks, and loads anew by itself once that is saved', async () => {
    await go('/administration/business')
    const upgraded = await upgrade(/assets\/Shortcuts-/)
    await page.getByLabel('Business name').fill('Northwind Upgraded')
    await page.locator('h1').click()
    await page.keyboard.press('?')
    await page.getByRole('dialog', { name: 'Load the new version of Vigie?' }).getByRole('button', { name: 'Cancel' }).click()
    expect([upgraded.loads(), await page.getByLabel('Business name').inputValue()]).toEqual([0, 'Northwind Upgraded'])
    const isAnew = page.waitForEvent('domcontentloaded')
    await page.getByRole('region', { name: 'Settings' }).getByRole('button', { name: 'Save' }).click()
    await isAnew
    await settle(page)
    expect([upgraded.loads(), await page.getByLabel('Business name').inputValue()]).toEqual([1, 'Northwind Upgraded'])
    await page.keyboard.press('?')
    await page.getByRole('dialog', { name: 'Keyboard shortcuts' }).waitFor()
    await page.keyboard.press('Escape')
    await upgraded.end()
  })
})

describe('every access screen in every look (OPS-4, OPS-5, R38)', () => {
  const screens = [
    '/account',
    '/account/second-factor',
    '/administration',
    '/administration/accounts',
    '/administration/accounts/invite',
    '/administration/business',
    '/no/such/address',
  ]
  const outside = ['/sign-in', '/forgot-password', '/reset-password', '/invitation', '/setup']
  const looks: Look[] = [
    { theme: 'light', width: 1440, locale: 'en' },
    { theme: 'dark', width: 390, locale: 'ja' },
    { theme: 'dark', width: 1440, locale: 'fr' },
  ]
  it.each(looks)(
    '$theme, $width px, $locale',
    async (look) => {
      await page.evaluate(
        (locale) =>
          fetch('/api/v1/me', { method: 'PATCH', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ locale }) }),
        look.locale,
      )
      const seen = await visit(browser, look, desk.context)
      const complaints: string[] = []
      for (const path of [...screens, ...outside]) {
        await seen.page.goto(`${vigie.url}${path}`)
        await settle(seen.page)
        const wider = await seen.page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth)
        if (wider > 0) complaints.push(`${path} is ${wider} px wider than the window`)
        for (const key of await untranslated(seen.page)) complaints.push(`${path} shows the key ${key}`)
        for (const found of await axe(seen.page)) complaints.push(`${path} ${found}`)
        for (const fault of seen.faults.splice(0)) complaints.push(`${path} ${fault}`)
      }
      await seen.close()
      expect(complaints).toEqual([])
    },
    90_000,
  )
})
