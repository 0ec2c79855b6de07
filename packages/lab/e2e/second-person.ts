import { accessApi } from '@vigie/domain/access'
import { ConsoleClient, totp } from '../src/console/index.ts'

/** Somebody else of the business, invited, with a second factor (R16). @param invitationToken waits for the mail of the invitation and reads the token of its link */
export async function secondPerson(
  url: string,
  owner: ConsoleClient,
  invitationToken: (email: string) => Promise<string>,
): Promise<{ client: ConsoleClient; code(): string }> {
  const [email, password] = ['second@example.com', 'the second one signs in with this']
  await owner.call(accessApi.inviteAccount, {
    body: { email, firstName: 'Second', lastName: 'Person', role: 'administrator', locale: 'en', timeZone: 'UTC', scope: null },
  })
  const client = new ConsoleClient(url)
  await client.call(accessApi.acceptInvitation, {
    body: { token: await invitationToken(email), password, firstName: 'Second', lastName: 'Person', locale: 'en', timeZone: 'UTC' },
  })
  const { secret } = await client.call(accessApi.startTotp, {})
  await client.call(accessApi.confirmTotp, { body: { code: totp(secret, new Date()) } })
  // a code is good for once: the next one is that of the next half minute, which clocks may be apart
  return { client, code: () => totp(secret, new Date(Date.now() + 30_000)) }
}
