import { isPortal, rolePermissions } from '@vigie/domain/access'
import { isViewAllowed } from '../consent/index.ts'
import type { Background, Services, TenantDb } from '../platform/index.ts'
import { secretPlace } from './notify.ts'
import { render } from './render.ts'
import { Conversation, readSmtpUrl, type Fault, type Outcome, type Smtp } from './smtp.ts'
import * as store from './store.ts'
import type { Kept } from './store.ts'

export interface SenderOptions {
  smtpUrl: string
  ca?: string | undefined
  /** How often it looks by itself; it is woken when a mail was written in this process. */
  everyMs?: number
  /** How long a process may keep a mail without a sign of life. */
  leaseMs?: number
  /** The mail server itself does not answer: all mails wait together, at first this long, at last 5 min. */
  firstPauseMs?: number
}

const batch = 20
const keepTryingMs = 3 * 86_400_000
/** After 30 s, 1, 2, 4 ... minutes, at last every hour: a mail server may be away for a day, or two. */
export const waitMs = (attempts: number): number => Math.min(3_600_000, 30_000 * 2 ** Math.min(attempts - 1, 7))
/** `too-late`: its link expired while it waited; `not-entitled`: whom it is for may no longer see what it tells; `unsent`: we stop before its turn came. */
type Result = Outcome | { kind: 'too-late' | 'not-entitled' | 'unsent' }

/**
 * Hands mails over to the SMTP server, never twice and none lost; any number of processes may run one (R22, R27, NTF-4).
 *
 * A mail is claimed (`sending`, under a lease that this process prolongs while it lives) in one transaction, and that its first byte is about to leave is committed in
 * another. A process that dies before that: the lease runs out and the mail is sent by the next. One that dies, or loses the connection, after it and before the answer is
 * committed: SMTP knows no idempotency, the server may have the mail or not. Then it is not sent again by itself: it becomes `failed` with the fault `unknown-outcome`, which people see
 * with the button that sends it again (R15). That window is open from the mail's first byte to the server's 250 and our commit: some milliseconds a mail.
 */
export function createSender(
  services: Services,
  options: SenderOptions,
): Omit<Background, 'start'> & { start(): void; wake(): void; isConfigured: true } {
  const { database, log, clock } = services
  const { everyMs = 5_000, leaseMs = 60_000, firstPauseMs = 10_000 } = options
  const smtp: Smtp = { ...readSmtpUrl(options.smtpUrl, services.publicUrl), ca: options.ca }
  let timer: NodeJS.Timeout | undefined
  let running: Promise<void> | undefined
  let isWanted = false
  let isStopping = false
  let isStarted = false
  let failures = 0
  let pausedUntilMs = 0

  const inPartner = <T>(partnerId: string, work: (db: TenantDb) => Promise<T>) =>
    database.transaction({ partnerId, scope: 'all', principalId: null }, work)
  const leaseEnd = () => new Date(clock.now().getTime() + leaseMs)

  async function sendDue(): Promise<void> {
    if (performance.now() < pausedUntilMs) return
    const partners = await database.lookup<{ id: string }>('select vigie.partners_with_due_mail($1) as id', [clock.now()])
    const talk = { with: new Conversation(smtp) }
    try {
      for (const { id } of partners) {
        while (!isStopping && (await sendBatch(id, talk)) === 'more');
        if (performance.now() < pausedUntilMs) return
      }
    } finally {
      talk.with.end()
    }
  }

  async function sendBatch(partnerId: string, talk: { with: Conversation }): Promise<'more' | 'done'> {
    const { claimed, lost } = await inPartner(partnerId, (db) => store.claim(db, clock.now(), leaseEnd(), batch))
    for (const mail of lost) await inPartner(partnerId, async (db) => tell(db, mail, { kind: 'unknown' }))
    const left = new Set(claimed)
    const hold = () => inPartner(partnerId, (db) => store.prolong(db, [...left], leaseEnd()))
    const beat = setInterval(
      () => void hold().catch((error: unknown) => log.warn('mails could not be held', { error: String(error) })),
      leaseMs / 3,
    )
    try {
      for (const mail of claimed) {
        if (isStopping) await settle(partnerId, mail, { kind: 'unsent' })
        else {
          if (talk.with.isOver) talk.with = new Conversation(smtp)
          const outcome = await sendOne(partnerId, mail, talk.with)
          await settle(partnerId, mail, outcome)
          left.delete(mail)
          if (outcome.kind === 'away') {
            pause(outcome.fault)
            for (const other of left) await settle(partnerId, other, outcome) // free for when the server is back
            return 'done'
          }
          if (outcome.kind !== 'too-late' && outcome.kind !== 'not-entitled') failures = 0
          if (outcome.kind === 'refused' || outcome.kind === 'later') await talk.with.reset()
        }
      }
      return claimed.length + lost.length > 0 ? 'more' : 'done'
    } finally {
      clearInterval(beat)
    }
  }

  function pause(fault: Fault): void {
    const ms = Math.min(300_000, firstPauseMs * 2 ** Math.min(failures++, 5))
    pausedUntilMs = performance.now() + ms
    log.warn('the mail server is away', { fault, pauseMs: ms })
  }

  async function sendOne(partnerId: string, mail: Kept, conversation: Conversation): Promise<Result> {
    const { expiresAt } = mail.values as { expiresAt?: string }
    if (mail.secret !== null && expiresAt !== undefined && new Date(expiresAt) <= clock.now()) return { kind: 'too-late' }
    if (!(await isEntitled(partnerId, mail))) return { kind: 'not-entitled' }
    const fault = await conversation.open()
    if (fault !== null) return { kind: 'away', fault, code: null }
    const drawn = await inPartner(partnerId, async (db) => {
      const token = mail.secret === null ? undefined : await services.vault.open(db, 'secrets', secretPlace(mail.id), mail.secret)
      return render(mail, {
        business: await store.businessName(db),
        publicUrl: services.publicUrl,
        isSimulated: services.isSimulated,
        token,
      })
    })
    return await conversation.handOver(mail, drawn, async () => {
      const isOurs = await inPartner(partnerId, (db) => store.beginHandOver(db, mail, clock.now(), leaseEnd()))
      if (!isOurs) throw new Error('another process took the mail over')
    })
  }

  /** R7: a right that was taken away while the mail waited is gone for the mail too; a customer's own people get none where it does not consent to `notify` (ACC-12). One's own mails (links, notices of one's own account) name no customer. */
  async function isEntitled(partnerId: string, { accountId, customerId }: Kept): Promise<boolean> {
    if (accountId === null || customerId === null) return true
    const account = await inPartner(partnerId, (db) => store.activeAccount(db, accountId))
    if (account === null || !rolePermissions[account.role].includes('event.read')) return false
    if (isPortal(account.role) && !(await inPartner(partnerId, (db) => isViewAllowed(db, customerId, 'notify')))) return false
    return await database.transaction({ partnerId, scope: account.isScopeLimited ? 'limited' : 'all', principalId: accountId }, (db) =>
      store.sees(db, customerId),
    )
  }

  /** Writes down what became of it, also when the database is away for a moment: what is known now is not known later. */
  async function settle(partnerId: string, mail: Kept, result: Result): Promise<void> {
    for (let tries = 1; ; tries++) {
      try {
        return await inPartner(partnerId, (db) => writeDown(db, mail, result))
      } catch (error) {
        if (tries >= 8) throw error
        await new Promise((resolve) => setTimeout(resolve, Math.min(10_000, 100 * 2 ** tries)))
      }
    }
  }

  async function writeDown(db: TenantDb, mail: Kept, result: Result): Promise<void> {
    const now = clock.now()
    const isOld = now.getTime() - mail.createdAt.getTime() > keepTryingMs
    if (result.kind === 'sent') await store.markSent(db, mail, now)
    else if (result.kind === 'refused') await store.markFailed(db, mail, result.fault)
    else if (result.kind === 'unknown') await store.markFailed(db, mail, 'unknown-outcome')
    else if (result.kind === 'too-late' || result.kind === 'not-entitled') await store.markFailed(db, mail, result.kind)
    else if (!('fault' in result)) await store.markWaiting(db, mail, mail.fault, now)
    else if (isOld) await store.markFailed(db, mail, 'gave-up')
    else await store.markWaiting(db, mail, result.fault, new Date(now.getTime() + (result.kind === 'away' ? 0 : waitMs(mail.attempts))))
    tell(db, mail, result)
  }

  function tell(db: TenantDb, mail: Kept, result: Result): void {
    db.announce({ kind: 'delivery', id: mail.id, customerId: mail.customerId })
    if (result.kind === 'refused' || result.kind === 'later')
      log.warn('a mail was refused', { deliveryId: mail.id, fault: result.fault, code: result.code })
    if (result.kind === 'unknown') log.warn('it is not known whether a mail was handed over', { deliveryId: mail.id })
  }

  async function run(): Promise<void> {
    do {
      isWanted = false
      await sendDue().catch((error: unknown) =>
        log.warn('mails could not be sent now', { error: error instanceof Error ? error.message : String(error) }),
      )
    } while (isWanted && !isStopping)
    running = undefined
  }

  return {
    name: 'outbox.sender',
    isConfigured: true,
    wake() {
      if (isStopping || !isStarted) return
      isWanted = true
      running ??= run()
    },
    start() {
      isStarted = true
      timer = setInterval(() => this.wake(), everyMs)
      this.wake()
    },
    async stop() {
      isStopping = true
      clearInterval(timer)
      await running
    },
  }
}
