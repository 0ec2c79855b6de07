import { existsSync, globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { categories } from '@vigie/domain/categories'
import { build } from 'vite'
import { beforeAll, describe, expect, it } from 'vitest'
import { sections } from '../src/shell/sections.ts'

const web = join(import.meta.dirname, '..')
const dist = join(web, 'dist')
type Manifest = Record<string, { file: string; imports?: string[]; dynamicImports?: string[]; isDynamicEntry?: boolean; src?: string }>

let manifest: Manifest
beforeAll(async () => {
  if (!existsSync(join(dist, '.vite/manifest.json'))) await build({ configFile: join(web, 'vite.config.ts'), logLevel: 'error' })
  manifest = JSON.parse(readFileSync(join(dist, '.vite/manifest.json'), 'utf8')) as Manifest
}, 60_000)

/** The file of an entry and of all it needs before it runs. */
function filesOf(key: string, seen = new Set<string>()): Set<string> {
  const chunk = manifest[key]!
  if (seen.has(chunk.file)) return seen
  seen.add(chunk.file)
  for (const needed of chunk.imports ?? []) filesOf(needed, seen)
  return seen
}
const weights = new Map<string, number>()
function weight(file: string): number {
  if (!weights.has(file)) weights.set(file, gzipSync(readFileSync(join(dist, file)), { level: 9 }).length / 1000)
  return weights.get(file)!
}
const kilobytes = (files: Iterable<string>) => [...files].reduce((sum, file) => sum + weight(file), 0)

/** Where one arrives cold: they draw with the first sheet of texts (`isFirst`, `isPublic`). The others wait for the rest of the texts, most of their code being here already. */
const arrivals = /(SignIn|SecondFactor|ForgotPassword|ResetPassword|Home|Events)Page\.tsx$/

describe('first load (issue 2: 250 kB of JavaScript or less, gzip)', () => {
  const sizes = () => {
    const languages = Object.keys(manifest).filter((key) => /src\/text\/(en|fr|ja)\.ts$/.test(key))
    const screens = Object.keys(manifest).filter((key) => manifest[key]!.isDynamicEntry && /src\/[a-z]+\/[A-Z]\w+Page\.tsx$/.test(key))
    expect(languages).toHaveLength(3)
    expect(screens.length).toBeGreaterThan(15)
    return languages.flatMap((language) => screens.map((screen) => ({ screen, language, size: kilobytes(new Set(['index.html', language, screen].flatMap((key) => [...filesOf(key)]))) })))
  }

  it('of every screen where one arrives, in every language', () => {
    const first = sizes().filter(({ screen }) => arrivals.test(screen))
    expect(first.length).toBe(3 * 6)
    expect(first.filter(({ size }) => size > 250)).toEqual([])
  })

  it('of any screen at all, opened cold with all its texts: 330 kB', () => {
    const more = ({ language }: { language: string }) => weight(manifest[language.replace('.ts', '-more.ts')]!.file)
    expect(sizes().filter((one) => one.size + more(one) > 330)).toEqual([])
  })

  it('the frame and every event are named from the first texts: nothing on an arriving screen waits for the rest', () => {
    const keys = [...sections.map(({ label }) => label), ...categories.flatMap(({ id, conditions }) => [`category.${id}`, ...Object.keys(conditions).map((condition) => `condition.${id}.${condition}.title`)])]
    expect(keys.length).toBeGreaterThan(40)
    for (const language of ['en', 'fr', 'ja']) {
      const written = readFileSync(join(dist, manifest[`src/text/${language}.ts`]!.file), 'utf8')
      expect(keys.filter((key) => !written.includes(`"${key}":`)), language).toEqual([])
    }
  })

  it('what an agent names in its reports is among the other texts, in every language (INV-2, AGT-3)', () => {
    for (const language of ['en', 'fr', 'ja']) {
      const written = readFileSync(join(dist, manifest[`src/text/${language}-more.ts`]!.file), 'utf8')
      expect(['agent.connection.refused', 'agent.status.waiting', 'agent.install.deb', 'check.problem.disk'].filter((key) => !written.includes(`"${key}":`)), language).toEqual([])
    }
  })

  it('what is left out of routes and figures is asked by nobody (plain-domain.ts): a form checks by a shape that has a name', () => {
    const asked = /(?<!typeof )\b\w+Api\.\w+!?\.(body|params|reply|problems|permission)\b|\.(value|body|params|reply)!?\.(parse|safeParse|shape|pick|omit|extend)\b|\bexample\b!?\.value/
    const sources = globSync('src/**/*.{ts,tsx}', { cwd: web, exclude: ['**/*.test.ts'] })
    expect(sources.length).toBeGreaterThan(200)
    expect(sources.filter((file) => asked.test(readFileSync(join(web, file), 'utf8')))).toEqual([])
  })

  it('no script needs another that needs it: they run in any order', () => {
    const rings: string[] = []
    const walked = new Set<string>()
    const walk = (key: string, way: string[]) => {
      if (way.includes(key)) return void rings.push([...way.slice(way.indexOf(key)), key].map((one) => manifest[one]!.file).join(' > '))
      if (walked.has(key)) return
      walked.add(key)
      for (const needed of manifest[key]!.imports ?? []) walk(needed, [...way, key])
    }
    for (const key of Object.keys(manifest)) walk(key, [])
    expect(rings).toEqual([])
  })

  it('no inline script or style in the page (R38)', () => {
    const html = readFileSync(join(dist, 'index.html'), 'utf8')
    expect(html).not.toMatch(/<style|style=|<script(?![^>]*\ssrc=)|\son\w+=/)
  })
})
