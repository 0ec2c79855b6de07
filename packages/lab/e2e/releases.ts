import { execFile } from 'node:child_process'
import { chmod, mkdtemp, readFile, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { promisify } from 'node:util'
import { releasesApi } from '@vigie/domain/releases'
import { agentVersion } from '../../agent/src/version.ts'
import { makeKey, makeRoot, pack, sign } from '../../../tools/release.ts'
import type { ConsoleClient } from '../src/console/index.ts'
import type { Product } from './product.ts'

const run = promisify(execFile)
const vigie = path.resolve(import.meta.dirname, '../../server/src/cli/main.ts')

/** Two people who sign an installation's releases, and its operator, who trusts them (R17). The steps one by one, by their command lines: upgrade.test.ts. */
export class Releases {
  readonly #product: Product
  readonly #folder: string
  readonly #keys: readonly string[]
  #sequence = 0

  private constructor(product: Product, folder: string, keys: readonly string[]) {
    this.#product = product
    this.#folder = folder
    this.#keys = keys
  }

  /** Agents that enrol from now on know the signers. */
  static async trusted(product: Product): Promise<Releases> {
    const folder = await mkdtemp(path.join(product.folder, 'releases-'))
    const files = ['carol.pem', 'dave.pem'].map((name) => path.join(folder, name))
    const names = await Promise.all(files.map((file) => makeKey(file, null)))
    const keys = await Promise.all(files.map((file) => readFile(file, 'utf8')))
    const root = await makeRoot(folder, { rootKeys: names, releaseKeys: names, threshold: 2, releaseThreshold: 2, days: 700, after: null })
    for (const key of keys) await sign(root, key, null)
    const made = new Releases(product, folder, keys)
    await made.#vigie('release', 'trust', root)
    return made
  }

  /** @param script the agent as one script, of the version that this source has: it is given another number */
  async approved(client: ConsoleClient, version: string, script: string): Promise<void> {
    const out = path.join(this.#folder, version)
    const program = path.join(this.#folder, `program-${version}`)
    await writeFile(
      program,
      (await readFile(script, 'utf8'))
        .replace(/^#!.*/, `#!${process.execPath}`)
        .replaceAll(JSON.stringify(agentVersion), JSON.stringify(version)),
    )
    await chmod(program, 0o755)
    const document = await pack(out, {
      version,
      sequence: ++this.#sequence,
      days: 30,
      programs: { [`linux-${process.arch === 'arm64' ? 'arm64' : 'x64'}`]: program },
      quality: 1,
    })
    for (const key of this.#keys) await sign(document, key, null)
    await this.#vigie('release', 'add', out)
    await client.call(releasesApi.approveVersion, { params: { version } })
  }

  async #vigie(...args: string[]): Promise<void> {
    await run(process.execPath, [vigie, ...args, '--data', path.join(this.#product.folder, 'data')])
  }
}
