import { existsSync, globSync, readFileSync } from 'node:fs'
import path from 'node:path'

const locales = ['en', 'fr', 'ja'] as const

/** OPS-4: each catalogue has the same keys in every language, and says something under each. @returns complaints */
export function checkTexts(root: string): string[] {
  const complaints: string[] = []
  for (const english of globSync('packages/*/src/text/**/en.json', { cwd: root })) {
    const keys = new Map<string, Set<string>>()
    for (const locale of locales) {
      const file = path.join(path.dirname(english), `${locale}.json`)
      if (!existsSync(path.join(root, file))) {
        complaints.push(`${file} is missing`)
        continue
      }
      const texts = JSON.parse(readFileSync(path.join(root, file), 'utf8')) as Record<string, unknown>
      for (const [key, text] of Object.entries(texts))
        if (typeof text !== 'string' || text.trim() === '') complaints.push(`${file}: ${key} says nothing`)
      keys.set(locale, new Set(Object.keys(texts)))
    }
    const all = new Set([...keys.values()].flatMap((one) => [...one]))
    for (const [locale, own] of keys)
      for (const key of all) if (!own.has(key)) complaints.push(`${path.join(path.dirname(english), `${locale}.json`)}: ${key} is missing`)
  }
  return complaints
}
