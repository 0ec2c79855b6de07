import { isSwitch, type OrderType } from '@vigie/domain/orders'
import type { MailKind } from '@vigie/domain/outbox'
import type { Translator } from '@vigie/domain/text'
import { speaker } from '../platform/index.ts'
import { tokenPaths, type MailValues } from './kinds.ts'
import type { Kept } from './store.ts'

export interface Mail {
  subject: string
  text: string
  html: string
}

/** What a mail is made of, before it is written as text and as HTML. All of it plain text: hostile until encoded (R12). */
interface Parts {
  /** Stands above everything else. */
  notice: string | null
  greeting: string
  /** Its sign stands before the lead, with its word: never colour alone. */
  severity: string | null
  paragraphs: string[]
  facts: [label: string, value: string][]
  button: { label: string; url: string } | null
  /** Instead of a button whose link may not be shown. */
  hidden: string | null
  small: string[]
}

interface Reading {
  business: string
  publicUrl: string
  /** Of a made-up installation (decision 32): the mail says so before anything else. */
  isSimulated: boolean
  /** Of the mail's link. Null: there is one, and it is not shown. Undefined: this kind has none. */
  token?: string | null | undefined
}

/** In the reader's language and time zone (NTF-10). No remote content, no script, nothing but what the texts' placeholders take (R35). */
export function render(mail: Kept, reading: Reading): Mail {
  const say = speaker(mail.locale)
  const parts = partsOf(mail, say, reading)
  return { subject: subjectOf(mail, reading), text: toText(parts), html: toHtml(parts, mail.locale) }
}

export function subjectOf(mail: Kept, { business, isSimulated }: Pick<Reading, 'business' | 'isSimulated'>): string {
  const say = speaker(mail.locale)
  const subject = say(`mail.${mail.kind}.subject`, wordsOf(mail, say, business))
  return isSimulated ? say('mail.simulated-subject', { subject }) : subject
}

const isOf = <K extends MailKind>(mail: Kept, kind: K): mail is Kept & { values: MailValues[K] & Record<string, unknown> } =>
  mail.kind === kind

/** The placeholders of the kind's texts. */
function wordsOf(mail: Kept, say: Translator, business: string): Record<string, string> {
  const words: Record<string, string> = { business: oneLine(business), name: oneLine(mail.recipientName) }
  for (const [name, value] of Object.entries(mail.values)) {
    if (typeof value !== 'string') continue
    words[name] = name === 'role' ? oneLine(say(`role.${value}`)) : instants.has(name) ? instant(value, mail) : oneLine(value)
  }
  if (isOf(mail, 'action-required'))
    words['what'] = say(`condition.${mail.values.category}.${mail.values.condition}.title`, plain(mail.values.figures))
  if (isOf(mail, 'order-delayed') || isOf(mail, 'order-waiting'))
    words['what'] = oneLine(say(`${isSwitch(mail.values.orderType as OrderType) ? 'order-deed' : 'command'}.${mail.values.orderType}`))
  return words
}
const instants = new Set(['at', 'expiresAt', 'since'])
const plain = (figures: Record<string, number | string>) =>
  Object.fromEntries(Object.entries(figures).map(([name, value]) => [name, typeof value === 'string' ? oneLine(value) : value]))

function partsOf(mail: Kept, say: Translator, { business, publicUrl, isSimulated, token }: Reading): Parts {
  const words = wordsOf(mail, say, business)
  const of = (part: string) => say(`mail.${mail.kind}.${part}`, words)
  const small = [of('reason'), say('mail.footer', words), say('mail.time-zone', { timeZone: mail.timeZone })]
  const common = {
    notice: isSimulated ? say('mail.simulated') : null,
    greeting: of('greeting'),
    severity: null,
    facts: [],
    hidden: null,
    small,
  }
  if (isOf(mail, 'action-required')) {
    const { category, condition, figures } = mail.values
    const about = (part: string) => say(`condition.${category}.${condition}.${part}`, plain(figures))
    return {
      ...common,
      severity: say('severity.action-required'),
      paragraphs: [of('lead')],
      facts: [
        [of('customer'), words['customer']!],
        [of('product'), words['product']!],
        [of('what'), words['what']!],
        [of('why'), about('explain')],
        ...endpointsFact(mail.values, say, of('endpoints')),
        [of('since'), words['since']!],
        [of('next'), about('next')],
      ],
      button: { label: of('button'), url: mail.eventId === null ? `${publicUrl}/events` : `${publicUrl}/events/${mail.eventId}` },
    }
  }
  const path = tokenPaths[mail.kind]
  return {
    ...common,
    paragraphs: [of('lead'), of('body')],
    button:
      path === undefined
        ? { label: of('button'), url: pageOf(mail, publicUrl) }
        : typeof token === 'string'
          ? { label: of('button'), url: `${publicUrl}${path}#${token}` }
          : null,
    hidden: path !== undefined && typeof token !== 'string' ? say('mail.link-hidden') : null,
  }
}

function pageOf(mail: Kept, publicUrl: string): string {
  if (isOf(mail, 'order-delayed') || isOf(mail, 'order-waiting')) return `${publicUrl}/orders/${encodeURIComponent(mail.values.orderId)}`
  if (isOf(mail, 'switch-delayed')) return `${publicUrl}/inventory/switches?switch=${encodeURIComponent(mail.values.switchId)}`
  return isOf(mail, 'virus-alert') ? `${publicUrl}/virus-alerts/${encodeURIComponent(mail.values.alertId)}` : publicUrl
}

const endpointsShown = 10
function endpointsFact({ endpoints, endpointCount }: MailValues['action-required'], say: Translator, label: string): [string, string][] {
  if (endpointCount === 0 || endpoints.length === 0) return []
  const shown = endpoints.slice(0, endpointsShown).map(oneLine)
  const more = endpointCount - shown.length
  return [
    [
      label,
      new Intl.ListFormat(say.locale, { type: 'unit' }).format(shown) +
        (more > 0 ? ` ${say('mail.action-required.more-endpoints', { count: more })}` : ''),
    ],
  ]
}

/** Names come from outside: no line break, no control sign and no sign that turns the reading order round reaches a header, a line or a link (R12, R36). */
export const oneLine = (text: string): string =>
  text
    .replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]+/gu, ' ')
    .trim()
    .slice(0, 300)

function instant(iso: string, { locale, timeZone }: Kept): string {
  const at = new Date(iso)
  return Number.isNaN(at.getTime())
    ? oneLine(iso)
    : new Intl.DateTimeFormat(locale, { dateStyle: 'long', timeStyle: 'short', timeZone }).format(at)
}

/** In plain text a sign of the font; where that is missing, the word beside it says it all. */
const octagon = '\u{1F6D1}'
/** In HTML drawn by style, so that no font is needed: the console's filled red octagon, as near as mail readers come. */
const drawnOctagon =
  '<span aria-hidden="true" style="display:inline-block;width:20px;height:20px;line-height:20px;border-radius:6px;background:#b3261e;color:#ffffff;text-align:center;font-size:14px;font-weight:700">!</span>'

function toText({ notice, greeting, severity, paragraphs, facts, button, hidden, small }: Parts): string {
  const blocks = [...(notice ? [notice] : []), greeting, ...(severity ? [`${octagon} ${severity}`] : []), ...paragraphs]
  if (facts.length > 0) blocks.push(facts.map(([label, value]) => `${label}\n    ${value}`).join('\n'))
  if (button) blocks.push(`${button.label}:\n${button.url}`)
  if (hidden) blocks.push(hidden)
  return `${blocks.join('\n\n')}\n\n-- \n${small.join('\n')}\n`
}

const escapes: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' }
const e = (text: string) => text.replace(/[&<>"']/g, (sign) => escapes[sign]!)

/** Plain elements in reading order, styles inline, contrast AA in light and (where a reader inverts colours) dark. Nothing is loaded from anywhere. */
function toHtml({ notice, greeting, severity, paragraphs, facts, button, hidden, small }: Parts, locale: string): string {
  const p = (inner: string, style = '') => `<p style="margin:0 0 16px;${style}">${inner}</p>`
  const body = [
    notice ? p(`<strong>${e(notice)}</strong>`, 'padding:8px 12px;border:1px dashed #57606a;border-radius:6px;') : '',
    p(e(greeting)),
    severity ? p(`${drawnOctagon} <strong style="color:#b3261e">${e(severity)}</strong>`) : '',
    ...paragraphs.map((text) => p(e(text))),
    facts.length > 0
      ? `<dl style="margin:0 0 16px">${facts.map(([label, value]) => `<dt style="color:#57606a;font-size:13px">${e(label)}</dt><dd style="margin:0 0 12px">${e(value)}</dd>`).join('')}</dl>`
      : '',
    button
      ? p(
          `<a href="${e(button.url)}" style="display:inline-block;padding:10px 18px;border-radius:6px;background:#1f5fbf;color:#ffffff;text-decoration:none">${e(button.label)}</a>`,
        )
      : '',
    hidden ? p(`<em>${e(hidden)}</em>`) : '',
    button
      ? `<p style="margin:0 0 16px;color:#57606a;font-size:13px">${e(speakerHint(locale))}<br><span style="word-break:break-all">${e(button.url)}</span></p>`
      : '',
    `<hr style="border:0;border-top:1px solid #d0d7de;margin:24px 0 12px">`,
    ...small.map((text) => `<p style="margin:0 0 4px;color:#57606a;font-size:13px">${e(text)}</p>`),
  ]
  return [
    `<!doctype html><html lang="${locale}"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>Vigie</title></head>`,
    `<body style="margin:0;padding:24px;background:#ffffff;color:#1f2328;font:15px/1.5 system-ui,-apple-system,'Segoe UI',Roboto,'Noto Sans','Noto Sans JP',sans-serif">`,
    `<main style="max-width:600px">${body.filter(Boolean).join('\n')}</main></body></html>`,
  ].join('\n')
}
const speakerHint = (locale: string) => speaker(locale as Kept['locale'])('mail.link-hint')
