import { createHmac } from 'node:crypto'
import { accessApi } from '@vigie/domain/access'
import { ConsoleClient } from '../src/console/index.ts'

/** The code of an authenticator app, RFC 6238: SHA-1, 30 seconds, six digits. @param secret base32 */
export function totp(secret: string, now: Date): string {
  const bits = [...secret.replaceAll('=', '').toUpperCase()].map((letter) => 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'.indexOf(letter).toString(2).padStart(5, '0')).join('')
  const key = Buffer.from(bits.match(/.{8}/g)!.map((byte) => Number.parseInt(byte, 2)))
  const step = Buffer.alloc(8)
  step.writeBigUInt64BE(BigInt(Math.floor(now.getTime() / 30_000)))
  const hash = createHmac('sha1', key).update(step).digest()
  const at = hash.at(-1)! & 15
  return String((hash.readUInt32BE(at) & 0x7fffffff) % 1_000_000).padStart(6, '0')
}

/** Somebody else of the business, invited, with a second factor (R16). @param invitationToken waits for the mail of the invitation and reads the token of its link */
export async function secondPerson(url: string, owner: ConsoleClient, invitationToken: (email: string) => Promise<string>): Promise<{ client: ConsoleClient; code(): string }> {
  const [email, password] = ['second@example.com', 'the second one signs in with this']
  await owner.call(accessApi.inviteAccount, { body: { email, firstName: 'Second', lastName: 'Person', role: 'administrator', locale: 'en', timeZone: 'UTC', scope: null } })
  const client = new ConsoleClient(url)
  await client.call(accessApi.acceptInvitation, { body: { token: await invitationToken(email), password, firstName: 'Second', lastName: 'Person', locale: 'en', timeZone: 'UTC' } })
  const { secret } = await client.call(accessApi.startTotp, {})
  await client.call(accessApi.confirmTotp, { body: { code: totp(secret, new Date()) } })
  // a code is good for once: the next one is that of the next half minute, which clocks may be apart
  return { client, code: () => totp(secret, new Date(Date.now() + 30_000)) }
}
