import { existsSync, globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { categories } from '@vigie/domain/categories'
import { build } from 'vite'
import { beforeAll, describe, expect, it } from 'vitest'
import { sections } from '../src/shell/sections.ts'
import { unfolded, type Tree } from '../src/text/load.ts'
import { partOf, treeOf } from '../vite.config.ts'

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

/** Where one arrives cold: they draw with the first sheet of texts (`isFirst`, `isPublic`). The others wait for more texts, most of their code being here already. */
const arrivals = /(SignIn|SecondFactor|ForgotPassword|ResetPassword|Home|Events)Page\.tsx$/
/** What a screen waits for beyond its own: the dashboard's chunk and words, the texts of the screens beyond the first, of explanations. */
const beside = (screen: string, language: string): string[] => {
  const texts = (...parts: string[]) => parts.map((part) => language.replace('.ts', `-${part}.ts`))
  if (screen.endsWith('HomePage.tsx')) return ['src/home/Home.tsx', ...texts('home')]
  return arrivals.test(screen) ? [] : texts(...(/(\/Event|MissingEndpoint)Page\.tsx$/.test(screen) ? ['more', 'last'] : ['more']))
}
/** kB, gzip. `most`: what was promised; `quiet`: what there is room for before a word of warning, so that the room is not eaten unseen. */
const limits = { arriving: { quiet: 240, most: 250 }, any: { quiet: 315, most: 330 } } as const

describe('first load (issue 2: 250 kB of JavaScript or less, gzip; P14)', () => {
  const sizes = () => {
    const languages = Object.keys(manifest).filter((key) => /src\/text\/(en|fr|ja)\.ts$/.test(key))
    const screens = Object.keys(manifest).filter((key) => manifest[key]!.isDynamicEntry && /src\/[a-z]+\/[A-Z]\w+Page\.tsx$/.test(key))
    expect(languages).toHaveLength(3)
    expect(screens.length).toBeGreaterThan(15)
    return languages.flatMap((language) =>
      screens.map((screen) => ({
        screen,
        language,
        size: kilobytes(new Set(['index.html', language, screen, ...beside(screen, language)].flatMap((key) => [...filesOf(key)]))),
      })),
    )
  }

  it('of every screen where one arrives, in every language', () => {
    const first = sizes().filter(({ screen }) => arrivals.test(screen))
    expect(first.length).toBe(3 * 6)
    expect(tooHeavy(first, limits.arriving)).toEqual([])
  })

  it('of any screen at all, opened cold with all that it says', () => {
    expect(tooHeavy(sizes(), limits.any)).toEqual([])
  })

  function tooHeavy(loads: ReturnType<typeof sizes>, { quiet, most }: (typeof limits)[keyof typeof limits]) {
    for (const { screen, language, size } of loads.filter((one) => one.size > quiet))
      console.warn(`${screen} with ${language}: ${size.toFixed(1)} of ${most} kB`)
    return loads.filter(({ size }) => size > most)
  }

  it('the frame and every event are named from the first texts: nothing on an arriving screen waits for the rest', () => {
    const keys = [
      ...sections.map(({ label }) => label),
      ...categories.flatMap(({ id, conditions }) => [
        `category.${id}`,
        ...Object.keys(conditions).map((condition) => `condition.${id}.${condition}.title`),
      ]),
    ]
    expect(keys.length).toBeGreaterThan(40)
    for (const language of ['en', 'fr', 'ja']) {
      const first = new Set(
        globSync(
          ['src/text/*/', '../domain/src/text/*/'].map((folder) => `${folder}${language}.json`),
          { cwd: web },
        ).flatMap((name) => {
          const file = join(web, name)
          return Object.keys(JSON.parse(readFileSync(file, 'utf8')) as object).filter((key) => partOf(file, key) === 'first')
        }),
      )
      expect(
        keys.filter((key) => !first.has(key)),
        language,
      ).toEqual([])
    }
  })

  it('what an agent names in its reports is among the other texts, in every language (INV-2, AGT-3)', () => {
    for (const language of ['en', 'fr', 'ja']) {
      const agents = join(web, `../domain/src/text/agent/${language}.json`)
      expect(
        ['agent.connection.refused', 'agent.status.waiting', 'agent.install.deb', 'check.problem.disk'].filter(
          (key) => partOf(agents, key) !== 'rest',
        ),
        language,
      ).toEqual([])
    }
  })

  it('a word comes out of its tree under the key it went in with', () => {
    const sheets = globSync(['src/text/*/ja.json', '../domain/src/text/*/ja.json'], { cwd: web }).map(
      (name) => JSON.parse(readFileSync(join(web, name), 'utf8')) as Record<string, string>,
    )
    expect(sheets.length).toBeGreaterThan(30)
    for (const sheet of sheets)
      for (const entries of [Object.entries(sheet), Object.entries(sheet).toReversed()])
        expect(unfolded(treeOf(entries) as Tree)).toEqual(sheet)
  })

  it('what is left out of routes and figures is asked by nobody (plain-domain.ts): a form checks by a shape that has a name', () => {
    const asked =
      /(?<!typeof )\b\w+Api\.\w+!?\.(body|params|reply|problems|permission)\b|\.(value|body|params|reply)!?\.(parse|safeParse|shape|pick|omit|extend)\b|\bexample\b!?\.value/
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
