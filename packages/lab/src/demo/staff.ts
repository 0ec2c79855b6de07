import { accessApi, type Scope } from '@vigie/domain/access'
import { outboxApi } from '@vigie/domain/outbox'
import type { ConsoleClient } from '../console/index.ts'
import type { Customer } from './estate.ts'
import { customerIdOf } from './office.ts'
import { peopleOf, type Person } from './people.ts'
import type { Stage } from './player.ts'

/** The invitation's link is read where mails are kept: there is no mail server. */
export async function invitePeople(stage: Stage, companies: readonly Customer[]): Promise<void> {
  const client = await stage.as(0)
  for (const person of peopleOf(companies).slice(1)) {
    const { email, password, firstName, lastName, role, locale, timeZone } = person
    await client.call(accessApi.inviteAccount, {
      body: { email, firstName, lastName, role, locale, timeZone, scope: await scopeOf(client, person) },
    })
    const { rows: mails } = await client.call(outboxApi.listDeliveries, { query: { kind: 'invitation' } })
    const mail = await client.call(outboxApi.getDelivery, { params: { deliveryId: mails.find(({ to }) => to === email)!.id } })
    const token = /\/invitation#([\w-]+)/.exec(mail.text)![1]!
    await stage.anybody().call(accessApi.acceptInvitation, { body: { token, password, firstName, lastName, locale, timeZone } })
  }
}

async function scopeOf(client: ConsoleClient, { limitedTo }: Person): Promise<Scope> {
  if (limitedTo === undefined) return null
  const target =
    'tag' in limitedTo
      ? { kind: 'tag' as const, tag: limitedTo.tag }
      : { kind: 'customer' as const, customerId: await customerIdOf(client, limitedTo.company) }
  return [{ effect: 'allow', target, endsAt: null }]
}
