import { readFile } from 'node:fs/promises'
import { accessApi } from '@vigie/domain/access'
import { fieldErrorsOf, Problem } from '@vigie/domain/kernel'
import { listForOperator, passwordLink, resetMfa, setUp } from '../access/index.ts'
import { verifyChain } from '../audit/index.ts'
import { latestMigration, type Services } from '../platform/index.ts'
import { releaseCommands } from './release.ts'

export interface Command {
  /** As typed: `audit verify`. */
  name: string
  help: string
  /** One word after the name, always needed. */
  operand?: { name: string; help: string }
  flags: Record<string, { help: string; isNeeded?: boolean }>
  /** @returns exit code */
  run(services: Services, flags: Record<string, string | undefined>, say: (line: string) => void, operand: string): Promise<number>
}

const setup: Command = {
  name: 'setup',
  help: 'first set-up without a browser: the business that runs this installation and its primary account',
  flags: {
    email: { help: 'of the primary account', isNeeded: true },
    'password-file': { help: 'file whose first line is the password; - reads it from the standard input', isNeeded: true },
    business: { help: 'name of the business', isNeeded: true },
    'first-name': { help: 'default: the part of the address before the @' },
    'last-name': { help: 'default: the name of the business' },
    language: { help: 'en, fr or ja; default en' },
    'time-zone': { help: 'such as Europe/Paris; default UTC' },
  },
  async run(services, flags, say) {
    const password = await firstLine(flags['password-file']!)
    const parsed = accessApi.completeSetup.body!.omit({ token: true }).safeParse({
      businessName: flags['business'],
      email: flags['email'],
      password,
      firstName: flags['first-name'] ?? flags['email']!.split('@')[0],
      lastName: flags['last-name'] ?? flags['business'],
      locale: flags['language'] ?? 'en',
      timeZone: flags['time-zone'] ?? 'UTC',
    })
    if (!parsed.success) throw new Problem('request.invalid', {}, { fields: fieldErrorsOf(parsed.error) })
    await setUp(services, parsed.data, null)
    say(`${parsed.data.businessName} is set up. Sign in as ${parsed.data.email}.`)
    return 0
  },
}

async function firstLine(file: string): Promise<string> {
  let text = ''
  if (file === '-') for await (const chunk of process.stdin) text += String(chunk)
  else text = await readFile(file, 'utf8')
  return text.split(/\r?\n/)[0]!
}

const migrateSchema: Command = {
  name: 'migrate',
  help: "brings the database's schema to this version",
  flags: {},
  // opening did it
  async run(_services, _flags, say) {
    say(`The schema is at ${await latestMigration()}.`)
    return 0
  },
}

const auditVerify: Command = {
  name: 'audit verify',
  help: "walks every business's chain of audit records; exit code 1 where one is broken",
  flags: {},
  async run({ database }, _flags, say) {
    let isIntact = true
    for (const { id } of await database.lookup<{ id: string }>('select vigie.partner_ids() as id')) {
      const {
        rows: [partner],
      } = await database.owner.query<{ name: string }>('select name from partner where id = $1', [id])
      const result = await verifyChain(database, id)
      isIntact &&= result.isIntact
      const verdict = result.isIntact
        ? `intact, ${result.records} records, head ${result.headHash ?? '-'}`
        : `BROKEN at record ${result.brokenAt}`
      say(`${id}  ${printable(partner?.name ?? '')}: ${verdict}`)
    }
    return isIntact ? 0 : 1
  },
}

const userList: Command = {
  name: 'user list',
  help: 'all accounts of all businesses',
  flags: {},
  async run(services, _flags, say) {
    const rows = await listForOperator(services)
    const table = [
      ['business', 'email', 'role', 'state', 'second factor', 'last sign-in'],
      ...rows.map((one) => [
        printable(one.business),
        one.email,
        one.isPrimary ? `${one.role} (primary)` : one.role,
        one.state,
        one.hasMfa ? 'yes' : 'no',
        one.lastSignInAt ?? 'never',
      ]),
    ]
    const widths = table[0]!.map((_, column) => Math.max(...table.map((line) => line[column]!.length)))
    for (const line of table)
      say(
        line
          .map((cell, column) => cell.padEnd(widths[column]!))
          .join('  ')
          .trimEnd(),
      )
    return 0
  },
}

const ofAccount = {
  email: { help: 'of the account', isNeeded: true },
  business: { help: 'id of the business, where the address has accounts in several' },
}

const userResetPassword: Command = {
  name: 'user reset-password',
  help: 'prints a link, good once and for an hour, by which the owner of an account sets a new password; it is recorded',
  flags: ofAccount,
  async run(services, flags, say) {
    const { email, business, link } = await passwordLink(services, { email: flags['email']!, businessId: flags['business'] ?? null })
    say(`Within an hour, ${email} of ${printable(business)} sets a new password at ${link}`)
    return 0
  },
}

const userResetMfa: Command = {
  name: 'user reset-mfa',
  help: 'takes the second factor from an account whose owner lost it; its sessions end, and it is recorded',
  flags: ofAccount,
  async run(services, flags, say) {
    const done = await resetMfa(services, { email: flags['email']!, businessId: flags['business'] ?? null })
    say(`${done.email} of ${printable(done.business)} signs in with the password alone until a new second factor is set up.`)
    return 0
  },
}

/** Names come from people: no control sign reaches the terminal. */
const printable = (text: string) => text.replace(/[\p{Cc}\p{Cf}]/gu, ' ')

export const commands: readonly Command[] = [
  setup,
  migrateSchema,
  auditVerify,
  userList,
  userResetPassword,
  userResetMfa,
  ...releaseCommands,
]
