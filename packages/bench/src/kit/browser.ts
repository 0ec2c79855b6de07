import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import type { Browser } from 'playwright-core'
import type { BenchContext } from './define.ts'

/** The browser that comes inside a package. It unpacks under fixed names: a folder of its own for each run; and takes its own libraries only when told that it is elsewhere. */
export async function startBrowser({ after }: BenchContext): Promise<Browser> {
  const folder = mkdtempSync(path.join(tmpdir(), 'vigie-bench-browser-'))
  after(() => rmSync(folder, { recursive: true, force: true }))
  Object.assign(process.env, { AWS_EXECUTION_ENV: 'AWS_Lambda_nodejs22.x', TMPDIR: folder })
  const { default: packaged } = await import('@sparticuz/chromium')
  const { chromium } = await import('playwright-core')
  const browser = await chromium.launch({
    executablePath: await packaged.executablePath(),
    args: ['--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage'],
  })
  after(() => browser.close())
  return browser
}
