import { describe, expect, it } from 'vitest'
import { locales, type Locale } from '@vigie/domain/kernel'
import { mailKinds, type MailKind } from '@vigie/domain/outbox'
import type { MailValues } from './kinds.ts'
import { oneLine, render } from './render.ts'
import type { Kept } from './store.ts'

const at = '2026-11-20T23:30:00.000Z'
const values: MailValues = {
  'action-required': {
    customer: 'Boulangerie Martin',
    product: 'Main',
    category: 'antivirus',
    condition: 'uncleaned',
    figures: { infections: 2 },
    endpoints: ['pc-1', 'pc-2'],
    endpointCount: 2,
    since: at,
  },
  invitation: { inviter: 'Ada Byron', role: 'technician', expiresAt: at },
  'password-reset': { expiresAt: at },
  'password-changed': { at },
  'ownership-transferred': { from: 'Ada Byron', to: 'Grace Hopper', at },
  'switch-delayed': { switchId: '0199', giver: 'Ada Byron', product: 'Site', agents: '40', server: 'https://new.example:8443', at },
  'order-delayed': { orderId: '0198', orderType: 'disable-agents', giver: 'Ada Byron', agents: '40', customers: '3', at },
  'order-waiting': { orderId: '0198', orderType: 'start-outbreak-defence', alert: 'Sample worm', agents: '40', customers: '3' },
  'virus-alert': { alertId: '0198', alert: 'Sample worm', at },
}
const aMail = <K extends MailKind>(kind: K, locale: Locale = 'en', more: Partial<Kept> = {}): Kept => ({
  id: '01',
  kind,
  recipient: 'who@example.com',
  recipientName: 'Who',
  locale,
  timeZone: 'Asia/Tokyo',
  customerId: null,
  eventId: '0198',
  accountId: null,
  values: { ...values[kind] },
  secret: null,
  messageId: '<1@vigie>',
  state: 'waiting',
  attempts: 0,
  fault: null,
  createdAt: new Date(at),
  nextTryAt: null,
  sentAt: null,
  ...more,
})
const reading = { business: 'Vigie Operations', publicUrl: 'https://vigie.example', isSimulated: false, token: 'TOKEN' }

describe("mails in the reader's language and time zone (NTF-10, OPS-4)", () => {
  it.each(mailKinds.flatMap((kind) => locales.map((locale) => [kind, locale] as const)))(
    '%s in %s: every text is there, every place filled',
    (kind, locale) => {
      const mail = render(aMail(kind, locale), reading)
      for (const text of [mail.subject, mail.text, mail.html.replace(/style="[^"]*"/g, '')]) {
        expect(text).not.toMatch(/[{}]|undefined|NaN|\[object|mail\.|condition\.|role\./)
      }
      expect(mail.text).toContain('Asia/Tokyo')
      expect(mail.html).toContain(`<html lang="${locale}">`)
    },
  )

  it("tells instants in the reader's zone: half past eleven in the evening is tomorrow in Tokyo", () => {
    expect(render(aMail('password-changed', 'ja'), reading).text).toContain('2026年11月21日 8:30')
    expect(render(aMail('password-changed', 'fr', { timeZone: 'Europe/Paris' }), reading).text).toMatch(/21 novembre 2026 à 00:30/)
  })

  it('links where the token is taken, after # (R33); without the token it shows none, and says so', () => {
    expect(render(aMail('invitation'), reading).text).toContain('https://vigie.example/invitation#TOKEN')
    expect(render(aMail('password-reset'), reading).html).toContain('href="https://vigie.example/reset-password#TOKEN"')
    const hidden = render(aMail('invitation'), { ...reading, token: null })
    expect(hidden.text + hidden.html).not.toMatch(/https:\/\/vigie\.example\/invitation|TOKEN/)
    expect(hidden.text).toContain('shown to its addressee only')
  })

  it('severity is a sign and a word, never colour alone (OPS-5)', () => {
    const mail = render(aMail('action-required'), reading)
    expect(mail.text).toContain('\u{1F6D1} Action required')
    expect(mail.html).toMatch(
      /<span aria-hidden="true" style="[^"]*background:#b3261e[^"]*">!<\/span> <strong[^>]*>Action required<\/strong>/,
    )
    expect(mail.text).toContain('https://vigie.example/events/0198')
  })

  it.each(locales)('of a made-up installation says so in its subject and before anything else, in %s (OPS-1)', (locale) => {
    const [real, made] = [false, true].map((isSimulated) => render(aMail('action-required', locale), { ...reading, isSimulated })) as [
      ReturnType<typeof render>,
      ReturnType<typeof render>,
    ]
    const notice = made.text.slice(0, made.text.indexOf('\n'))
    expect(made.text).toBe(`${notice}\n\n${real.text}`)
    expect(notice).toMatch({ en: /simulation/, fr: /simulation/, ja: /シミュレーション/ }[locale])
    expect(made.html.indexOf(`<strong>${notice}</strong>`)).toBeGreaterThan(made.html.indexOf('<main'))
    expect(made.subject).toMatch({ en: /^\[Simulated\] /, fr: /^\[Simulation\] /, ja: /^【シミュレーション】/ }[locale])
    expect(made.subject.endsWith(real.subject)).toBe(true)
    expect(real.html).not.toContain(notice)
  })

  it('lists ten endpoints and counts the rest', () => {
    const many = aMail('action-required', 'en', {
      values: { ...values['action-required'], endpoints: Array.from({ length: 30 }, (_, n) => `pc-${n}`), endpointCount: 120 },
    })
    expect(render(many, reading).text).toMatch(/pc-9 and 110 more/)
  })
})

describe('hostile text (R12, R35, R36)', () => {
  const hostile = `<img src=x onerror=alert(1)>"'&\r\nBcc: victim@example.com\u0000\u202Egnp.exe {name} {{name}} <script>`

  it.each([...mailKinds])('%s: in every field it stays text, on one line', (kind) => {
    const inEvery = Object.fromEntries(
      Object.entries(values[kind]).map(([name, value]) => [
        name,
        typeof value === 'string' && !['category', 'condition'].includes(name)
          ? hostile
          : Array.isArray(value)
            ? [hostile, hostile]
            : value,
      ]),
    )
    const mail = render(aMail(kind, 'en', { values: inEvery, recipientName: hostile }), { ...reading, business: hostile })
    expect(mail.subject).not.toMatch(/[\r\n\0\u202E]/)
    expect(mail.html).not.toMatch(/<img|<script|onerror=alert\(1\)>"/)
    expect(mail.text).not.toMatch(/[\r\0\u202E]/)
    expect(mail.text.split('\n').some((line) => line.startsWith('Bcc:'))).toBe(false)
    // a placeholder in a value is a value
    expect(mail.text).toContain('{name} {{name}}')
  })

  it('loads nothing from anywhere', () => {
    for (const kind of mailKinds)
      expect(render(aMail(kind), reading).html).not.toMatch(/<(img|link|script|iframe|style)|url\(|@import|src=/)
  })

  it.each([
    ['a\r\nb', 'a b'],
    ['\u2028x\u2029', 'x'],
    ['a\u200Bb', 'a b'],
    ['x'.repeat(400), 'x'.repeat(300)],
  ])('%j in one line', (text, line) => expect(oneLine(text)).toBe(line))
})
