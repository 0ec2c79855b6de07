import { Readable } from 'node:stream'
import MailComposer from 'nodemailer/lib/mail-composer'
import SMTPConnection from 'nodemailer/lib/smtp-connection'
import type { Mail } from './render.ts'
import type { Kept } from './store.ts'

/** A text key below `delivery-fault.`; the remote's own words go nowhere (R26). */
export type Fault =
  | 'name-not-found'
  | 'connection-refused'
  | 'timeout'
  | 'tls'
  | 'authentication'
  | 'recipient-refused'
  | 'sender-refused'
  | 'refused'
  | 'try-later'
  | 'gave-up'
  | 'unknown-outcome'
  | 'too-late'
  | 'unknown'

/** What became of handing one mail over. `away`: the server, not the mail, is the trouble; `unknown`: it may have it, or not. */
export type Outcome = { kind: 'sent' } | { kind: 'refused' | 'later' | 'away'; fault: Fault; code: number | null } | { kind: 'unknown' }

export interface Smtp {
  host: string
  port: number
  secure: boolean
  requireTls: boolean
  user: string | null
  password: string
  from: string
  /** PEM of a private authority beside the usual ones; tests. People set NODE_EXTRA_CA_CERTS. */
  ca?: string | undefined
}

/**
 * `smtp://user:password@host:587` (STARTTLS must be offered, except on this very machine or with `?requireTLS=false`) or `smtps://host:465`. Certificates are always
 * checked (R29). `?from=vigie%40example.com` says who sends; else the user name where it is an address, else vigie@ the console's host.
 */
export function readSmtpUrl(text: string, publicUrl: string): Smtp {
  const url = new URL(text)
  const secure = url.protocol === 'smtps:'
  const host = url.hostname.replace(/^\[|\]$/g, '')
  const user = url.username === '' ? null : decodeURIComponent(url.username)
  const isHere = host === 'localhost' || host === '::1' || host.startsWith('127.')
  const given = url.searchParams.get('requireTLS')
  return {
    host,
    secure,
    user,
    port: url.port === '' ? (secure ? 465 : 587) : Number(url.port),
    requireTls: given === null ? !isHere : given !== 'false',
    password: decodeURIComponent(url.password),
    from: url.searchParams.get('from') ?? (user?.includes('@') ? user : `vigie@${new URL(publicUrl).hostname}`),
  }
}

const faultOf = (error: SMTPConnection.SMTPError): Fault => {
  const { code, responseCode, command } = error
  if (code === 'EDNS' || code === 'ENOTFOUND') return 'name-not-found'
  if (code === 'ETIMEDOUT') return 'timeout'
  if (code === 'ETLS' || /certificate|SSL|TLS|altnames/i.test(error.message)) return 'tls'
  if (code === 'EAUTH' || command?.startsWith('AUTH')) return 'authentication'
  if (responseCode !== undefined && responseCode >= 400 && responseCode < 500) return 'try-later'
  if (command?.startsWith('RCPT')) return 'recipient-refused'
  if (command?.startsWith('MAIL')) return 'sender-refused'
  if (responseCode !== undefined) return 'refused'
  return code === 'ECONNECTION' || code === 'ESOCKET' ? 'connection-refused' : 'unknown'
}

/** One conversation with the mail server: several mails, one after the other. */
export class Conversation {
  readonly #smtp: Smtp
  readonly #connection: SMTPConnection
  #isOver = false
  #isOpen = false

  constructor(smtp: Smtp) {
    this.#smtp = smtp
    this.#connection = new SMTPConnection({
      host: smtp.host,
      port: smtp.port,
      secure: smtp.secure,
      requireTLS: smtp.requireTls,
      connectionTimeout: 15_000,
      greetingTimeout: 30_000,
      socketTimeout: 600_000,
      dnsTimeout: 15_000,
      ...(smtp.ca === undefined ? {} : { tls: { ca: smtp.ca } }),
    })
    this.#connection.on('error', () => void (this.#isOver = true)) // reported by the call it breaks
    this.#connection.on('end', () => void (this.#isOver = true))
  }

  get isOver(): boolean {
    return this.#isOver
  }

  /** Connects and signs in, once. @returns null: ready */
  async open(): Promise<Fault | null> {
    if (this.#isOpen) return null
    try {
      await new Promise<void>((resolve, reject) => {
        this.#connection.once('error', reject)
        this.#connection.connect((error) => (error ? reject(error) : resolve()))
      })
      const { user, password } = this.#smtp
      if (user !== null)
        await new Promise<void>((resolve, reject) =>
          this.#connection.login({ credentials: { user, pass: password } }, (error) => (error ? reject(error) : resolve())),
        )
      this.#isOpen = true
      return null
    } catch (error) {
      this.close()
      return faultOf(error as SMTPConnection.SMTPError)
    }
  }

  /**
   * @param begin called when the server asks for the mail's bytes, before the first of them leaves; what it throws ends the conversation with nothing handed over
   */
  async handOver(kept: Kept, mail: Mail, begin: () => Promise<void>): Promise<Outcome> {
    const { from } = this.#smtp
    const bytes = await compose(kept, mail, from)
    let isSettled = false
    let isAllGiven = false
    const stream = Readable.from(
      (async function* () {
        if (isSettled) return // refused before DATA: the library empties the stream into nothing
        await begin()
        yield bytes
        isAllGiven = true
      })(),
    )
    return await new Promise<Outcome>((resolve) => {
      const settle = (outcome: Outcome) => {
        isSettled = true
        resolve(outcome)
      }
      this.#connection.send({ from, to: [kept.recipient] }, stream, (error) => {
        if (!error) return settle({ kind: 'sent' })
        const fault = faultOf(error)
        const code = error.responseCode ?? null
        if (code !== null && code >= 500) return settle({ kind: 'refused', fault, code })
        if (code !== null) return settle({ kind: 'later', fault, code })
        this.close()
        // no answer came: before the last byte the server cannot have taken it (RFC 5321, 4.1.1.4); after it nobody knows (RFC 1047)
        settle(isAllGiven ? { kind: 'unknown' } : { kind: 'away', fault, code })
      })
    })
  }

  /** Clears what a refusal left behind, so that the next mail starts anew. */
  async reset(): Promise<void> {
    await new Promise<void>((resolve) =>
      this.#connection.reset((error) => {
        if (error) this.close()
        resolve()
      }),
    )
  }

  close(): void {
    if (!this.#isOver) this.#connection.close()
    this.#isOver = true
  }
  /** Politely, when all is done. */
  end(): void {
    if (!this.#isOver) this.#connection.quit()
    this.#isOver = true
  }
}

/** Headers are built by the library's encoders (R36). Same row, same Message-ID: a receiver that sees it twice can tell. */
async function compose(kept: Kept, mail: Mail, from: string): Promise<Buffer> {
  return await new MailComposer({
    from: { name: 'Vigie', address: from },
    to: { name: kept.recipientName, address: kept.recipient },
    subject: mail.subject,
    text: mail.text,
    html: mail.html,
    messageId: kept.messageId,
    date: kept.createdAt,
    headers: { 'Auto-Submitted': 'auto-generated', 'X-Auto-Response-Suppress': 'All' },
    disableFileAccess: true,
    disableUrlAccess: true,
  })
    .compile()
    .build()
}
