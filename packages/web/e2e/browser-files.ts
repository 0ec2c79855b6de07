import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'

const require = createRequire(import.meta.url)

/**
 * The browser inside `@sparticuz/chromium` unpacked, once for all test files and runs: 210 MB, two seconds of a core and a disk's patience each time. It lies with
 * the packages that it comes from. It unpacks into the temporary folder it is given, under fixed names; that is done by a process of its own, beside the final place.
 * @returns the temporary folder to load the package with
 */
export function unpackedBrowser(): string {
  const cache = join(import.meta.dirname, '../../../node_modules/.cache/vigie')
  const entry = require.resolve('@sparticuz/chromium')
  const { version } = require(join(dirname(entry), '../package.json')) as { version: string }
  const folder = join(cache, `browser-${version}-${process.arch}`)
  if (existsSync(folder)) return folder
  mkdirSync(cache, { recursive: true })
  const fresh = mkdtempSync(join(cache, 'browser-new-'))
  try {
    execFileSync(
      process.execPath,
      ['--input-type=module', '-e', `import packed from ${JSON.stringify(entry)}; await packed.executablePath()`],
      { env: { ...process.env, TMPDIR: fresh }, stdio: ['ignore', 'ignore', 'inherit'] },
    )
    renameSync(fresh, folder)
  } catch (error) {
    if (!existsSync(folder)) throw error // else another file was faster
  } finally {
    rmSync(fresh, { recursive: true, force: true })
  }
  return folder
}
