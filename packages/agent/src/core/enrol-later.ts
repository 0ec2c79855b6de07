import { readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import * as z from 'zod'
import { Problem } from '@vigie/domain/kernel'
import { enrol } from './enrol.ts'
import { privateFolder, readJson, writeAtomically } from './files.ts'
import { ConnectionError } from './https.ts'
import type { Identity } from './identity.ts'
import type { Log } from './log.ts'
import type { MachineSources } from './machine.ts'
import { loadProxy } from './proxy-store.ts'
import { backOffMs, pause } from './time.ts'

const Later = z.object({
  server: z.string(),
  guid: z.uuid(),
  key: z.string(),
  caSha256: z.string().regex(/^[0-9a-f]{64}$/),
  /** The boot in which the image was prepared: in it the agent does not register, lest the master itself takes a copy's place. Null: unknown. */
  bootId: z.string().nullable(),
})
export type Later = z.infer<typeof Later>

export const laterPath = (stateFolder: string): string => join(stateFolder, 'enrol-at-boot.json')
const bootIdNow = (): Promise<string | null> =>
  readFile('/proc/sys/kernel/random/boot_id', 'utf8').then(
    (id) => id.trim(),
    () => null,
  )

/** Leaves what a copy of this machine needs to register itself at its first boot (AGT-9). The key is one that may be used by many; it ends by count and time (R9). */
export async function enrolLater(stateFolder: string, later: Omit<Later, 'bootId'>): Promise<void> {
  await privateFolder(stateFolder)
  await writeAtomically(laterPath(stateFolder), JSON.stringify({ ...later, bootId: await bootIdNow() }))
}

export const loadLater = (stateFolder: string): Promise<Later | null> => readJson(laterPath(stateFolder), Later)

/**
 * Registers a copy of a prepared image, asking until there is an answer. Null: there is nothing to register with, it is still the master's boot, or the server said no for
 * good. May die and run again: the same key pair is sent until the answer is on disk; the key goes once it is.
 */
export async function enrolPrepared(
  stateFolder: string,
  options: { log: Log; signal: AbortSignal; machine?: MachineSources; bootId?: string | null; backOffBaseMs?: number },
): Promise<Identity | null> {
  const { log, signal } = options
  const later = await loadLater(stateFolder)
  if (later === null) return null
  const bootId = options.bootId === undefined ? await bootIdNow() : options.bootId
  if (later.bootId !== null && later.bootId === bootId) {
    log.warn('this is the prepared master image itself: it registers at the first boot of a copy')
    return null
  }
  for (let attempt = 0; !signal.aborted; attempt++) {
    try {
      const { bootId: _, ...known } = later
      const identity = await enrol({ ...known, stateFolder, machine: options.machine, proxy: await loadProxy(stateFolder) })
      await rm(laterPath(stateFolder), { force: true })
      log.info('a copy of a prepared image registered itself', { agentId: identity.agentId, guid: identity.guid })
      return identity
    } catch (error) {
      const isWorthAsking = error instanceof ConnectionError || (error instanceof Problem && error.kind.retry)
      log.warn('could not register yet', {
        cause: error instanceof Problem ? error.code : error instanceof ConnectionError ? error.reason : String(error),
        isWorthAsking,
      })
      if (!isWorthAsking) return null
      await pause(backOffMs(attempt, Math.random(), options.backOffBaseMs ?? 2_000), signal)
    }
  }
  return null
}
