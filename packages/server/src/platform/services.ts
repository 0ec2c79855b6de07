import type { Actor } from './http/context.ts'
import type { Clock } from './clock.ts'
import type { Database } from './db/index.ts'
import type { Log } from './log.ts'
import type { Vault } from './vault.ts'

/** What the composition root builds once and every slice may use. Slices' own services are added by their `index.ts` in main.ts. */
export interface Services {
  database: Database
  clock: Clock
  log: Log
  vault: Vault
  /** Where people reach the console, without a trailing slash: links in mails. */
  publicUrl: string
  /** Where agents reach us, such as `https://vigie.example:8443`. */
  agentUrl: string
  /** One-time set-up token of this start; null once set up (R8). */
  setupToken: string | null
  /** Ends live connections of the session or account at once (R7); set by the live slice. */
  endLive(match: { sessionId?: string; accountId?: string }): void
  /** SHA-256 of the installation's CA certificate (DER), hex with colons; set by the agents slice. */
  caFingerprint: string
  /** That certificate, PEM; set with it. */
  caCertificate?: string
  /** Ed25519 private key that signs commands (R14), PKCS#8 DER. */
  commandKey: Buffer
  /** A made-up estate (decision 32): people are told so on every screen, and products may stand for types that this version can't connect. */
  isSimulated: boolean
  /** The sender of mails; `wake` has it look for due ones now. Without SMTP nothing is sent. */
  mail: { isConfigured: boolean; wake(): void }
  actorOf(token: string | undefined): Promise<Actor | null>
}
