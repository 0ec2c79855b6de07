import { join } from 'node:path'
import * as z from 'zod'
import { readFirstRoot } from '@vigie/domain/agents'
import { readJson, writeAtomically } from './files.ts'
import { releaseCrypto } from './release.ts'

export const Trust = z.object({ root: z.string(), sequence: z.number().int().min(0), documentSha256: z.string(), latestAt: z.string() })
export type Trust = z.infer<typeof Trust>
const path = (stateFolder: string): string => join(stateFolder, 'release-trust.json')

/** Null: nobody's releases are believed here. @throws when the file is there and is not what it should be: an agent that forgets whom it believed must not ask the server anew */
export const loadTrust = (stateFolder: string): Promise<Trust | null> => readJson(path(stateFolder), Trust)

/** On disk when it resolves: what was seen once is never unseen. */
export const saveTrust = (stateFolder: string, trust: Trust): Promise<void> => writeAtomically(path(stateFolder), JSON.stringify(trust))

/**
 * Keeps the root that came with the registration, the moment in which the server decides what runs here anyway. Later it decides nothing: one that is there stays, and changes only by the
 * signatures of its own keys (R17, decision 27).
 * @param isReplacing an administrator of this machine said so (`enrol --replace`)
 * @throws ReleaseRefused for what is no root
 */
export async function pinRoot(stateFolder: string, envelope: string, now: Date, isReplacing: boolean): Promise<void> {
  if (!isReplacing && (await loadTrust(stateFolder)) !== null) return
  await saveTrust(stateFolder, {
    root: readFirstRoot(envelope, now, releaseCrypto),
    sequence: 0,
    documentSha256: '',
    latestAt: now.toISOString(),
  })
}
