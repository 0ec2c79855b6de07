import { globSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { describe, expect, it } from 'vitest'

const root = path.join(import.meta.dirname, '..')
const last = 47
/** Rules of which there is nothing to hold yet, and what will bring them: whoever builds that takes the line away. */
const notYet: Readonly<Record<number, string>> = {
  26: 'nobody outside is asked for anything: ticket systems and webhooks',
  28: 'the same: targets of businesses (the mail server is the operator’s, R27)',
  34: 'people sign in here: SAML and OIDC',
  42: 'backups are the operator’s (docs/how-to/production.md): the nightly drill',
}

describe('the rules of the threat model', () => {
  it('each is named by a test that holds it, or stands here with what it waits for', () => {
    const files = globSync(['packages/*/{src,e2e}/**/*.test.{ts,tsx}', 'tools/**/*.test.ts'], { cwd: root }).filter(
      (file) => file !== 'tools/rules.test.ts',
    )
    expect(files.length).toBeGreaterThan(200)
    const named = new Set(
      files.flatMap((file) => [...readFileSync(path.join(root, file), 'utf8').matchAll(/\bR(\d{1,2})\b/g)].map(([, rule]) => Number(rule))),
    )
    const rules = Array.from({ length: last }, (_, index) => index + 1)
    expect(rules.filter((rule) => !named.has(rule) && !(rule in notYet)).map((rule) => `R${rule}`)).toEqual([])
    expect(rules.filter((rule) => named.has(rule) && rule in notYet).map((rule) => `R${rule}`)).toEqual([])
  })
})
