import { join } from 'node:path'
import * as z from 'zod'
import { Locale } from '@vigie/domain/kernel'
import { engines } from '../engines/index.ts'
import { readJson, writeAtomically } from '../core/files.ts'
import { logLevels } from '../core/log.ts'
import { defaultSitePort } from '../core/site.ts'

const engineSettings = Object.fromEntries(engines.map((engine) => [engine.id, engine.settings.prefault({})]))

/** `settings.json` of the state folder: what `vigie-agent configure` writes. All of it has a default. */
export const Settings = z.strictObject({
  logLevel: z.enum(logLevels).default('info'),
  /** Of the local tool; null: the caller's LANG decides. */
  language: Locale.nullable().default(null),
  /** What may wait on disk for the server. */
  queueLimitBytes: z.number().int().min(1_048_576).max(10_737_418_240).default(67_108_864),
  /** AGT-8: of an agent whose product is a site server; others listen nowhere (R13). `host` null: every address. */
  site: z
    .strictObject({
      isOn: z.boolean().default(true),
      host: z.string().max(253).nullable().default(null),
      port: z.number().int().min(0).max(65_535).default(defaultSitePort),
    })
    .prefault({}),
  engines: z.strictObject(engineSettings).prefault({}),
})
export type Settings = z.infer<typeof Settings>

export async function loadSettings(stateFolder: string): Promise<Settings> {
  return (await readJson(join(stateFolder, 'settings.json'), Settings)) ?? Settings.parse({})
}

/** @throws ZodError when they are not settings. */
export async function saveSettings(stateFolder: string, settings: unknown): Promise<Settings> {
  const parsed = Settings.parse(settings)
  await writeAtomically(join(stateFolder, 'settings.json'), `${JSON.stringify(parsed, null, 2)}\n`)
  return parsed
}
