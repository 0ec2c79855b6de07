import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { widgetKindIds } from '@vigie/domain/dashboard'
import { describe, expect, it } from 'vitest'

const here = import.meta.dirname
const list = readFileSync(join(here, 'index.ts'), 'utf8')

describe('the list of widgets is whole (DSH-2)', () => {
  it('each kind has its folder and its line, and nothing else does', () => {
    const folders = readdirSync(here, { withFileTypes: true })
      .filter((entry) => entry.isDirectory() && existsSync(join(here, entry.name, 'index.tsx')))
      .map(({ name }) => name)
    expect(folders.toSorted()).toEqual([...widgetKindIds].toSorted())
    expect([...list.matchAll(/from '\.\/([a-z-]+)\/index\.tsx'/g)].map(([, name]) => name!).toSorted()).toEqual(
      [...widgetKindIds].toSorted(),
    )
  })
})
