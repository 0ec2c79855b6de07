import { hash, verify, type Options } from '@node-rs/argon2'
import { Problem } from '@vigie/domain/kernel'
import { isCommonPassword } from './common-passwords.ts'
import { createGate } from './gate.ts'

/** R30: argon2id, 64 MiB, 3 passes, 1 lane. Measured here: 51 ms of a core each (stack.md §5). Argon2id is the library's default algorithm. */
const cost = { memoryCost: 64 * 1024, timeCost: 3, parallelism: 1 } satisfies Options
/** At most 4 at once: 256 MiB. A queue of 60 is about a second of waiting on two cores; who comes later is told to come again. */
const gate = createGate({ atOnce: 4, waiting: 60 })

/** The same text typed on two keyboards is one password (NIST SP 800-63B 5.1.1.2). */
const normal = (password: string) => password.normalize('NFKC')

/** @throws server.busy when too many wait */
export const hashPassword = (password: string): Promise<string> => gate(() => hash(normal(password), cost))

/**
 * `null` stands for an account that does not exist or has no password yet: as dear as a real one, and never right (R30).
 * @throws server.busy when too many wait
 */
export async function isPassword(password: string, passwordHash: string | null): Promise<boolean> {
  const against = passwordHash ?? (await nobodysHash())
  const isRight = await gate(() => verify(against, normal(password)))
  return isRight && passwordHash !== null
}

let nobodys: Promise<string> | undefined
/** Made once a process; tried against for those who do not exist. */
const nobodysHash = () => (nobodys ??= hash(crypto.randomUUID(), cost))

/** Warms up what the first refused sign-in would otherwise pay for, and show. */
export const prepareDummyHash = async (): Promise<void> => void (await nobodysHash())

/** ACC-6. @param words what the person would take first: own name, address, business. @throws password.breached */
export function assertGoodPassword(password: string, words: readonly string[], field = 'password'): void {
  if (!isCommonPassword(normal(password), words)) return
  throw new Problem('password.breached', {}, { fields: [{ path: field, code: 'password.breached' }] })
}
