import { join } from 'node:path'
import { readText } from './files.ts'

export interface TarEntry {
  /** At most 100 bytes. */
  name: string
  content: Buffer
}

/** A tar (POSIX ustar) of plain files, for their owner only. */
export function tarOf(entries: readonly TarEntry[], at: Date): Buffer {
  const blocks: Buffer[] = []
  for (const { name, content } of entries) {
    const header = Buffer.alloc(512)
    const put = (text: string, offset: number) => header.write(text, offset, 'latin1')
    const octal = (value: number, length: number) => value.toString(8).padStart(length - 1, '0')
    put(name, 0)
    put(octal(0o600, 8), 100)
    put(octal(0, 8), 108)
    put(octal(0, 8), 116)
    put(octal(content.length, 12), 124)
    put(octal(Math.floor(at.getTime() / 1_000), 12), 136)
    put('        ', 148) // the sum is reckoned with blanks in its place
    put('0', 156)
    put('ustar\0' + '00', 257)
    put(
      `${octal(
        header.reduce((sum, byte) => sum + byte, 0),
        7,
      )}\0 `,
      148,
    )
    blocks.push(header, content, Buffer.alloc((512 - (content.length % 512)) % 512))
  }
  return Buffer.concat([...blocks, Buffer.alloc(1_024)])
}

/**
 * The second line of defence for what leaves the machine (R39): every secret that lies in the state folder, in the forms in which it might have been written down
 * somewhere, and whatever looks like a private key, a sign-in or an enrolment key.
 */
export class Secrets {
  readonly #known: string[]

  private constructor(known: string[]) {
    this.#known = known
  }

  static async of(stateFolder: string): Promise<Secrets> {
    const read = (name: string) => readText(join(stateFolder, name)).catch(() => null)
    const found: string[] = []
    const password = await read('proxy-secret')
    if (password) found.push(password)
    for (const name of [
      'identity.json',
      'attempt.json',
      'enrol-at-boot.json',
      join('change', 'identity.json'),
      join('change', 'attempt.json'),
    ]) {
      const text = await read(name)
      for (const [, , value] of text?.matchAll(/"(privateKey|key)"\s*:\s*"((?:[^"\\]|\\.)*)"/g) ?? []) {
        found.push(value!) // as it stands in JSON
        const plain = value!.replaceAll('\\n', '\n')
        found.push(plain, ...plain.split('\n').filter((line) => line.length >= 20 && !line.startsWith('-----')))
      }
    }
    const forms = found.flatMap((secret) => [
      secret,
      JSON.stringify(secret).slice(1, -1),
      encodeURIComponent(secret),
      Buffer.from(secret).toString('base64'),
      Buffer.from(secret).toString('base64url'),
      Buffer.from(secret).toString('hex'),
    ])
    return new Secrets([...new Set(forms)].filter((secret) => secret.length >= 4).toSorted((a, b) => b.length - a.length))
  }

  removedFrom(text: string): string {
    let clean = text
    for (const secret of this.#known) clean = clean.replaceAll(secret, '[removed]')
    return clean
      .replaceAll(/-----BEGIN [A-Z ]*PRIVATE KEY-----[\s\S]{0,10000}?(-----END [A-Z ]*PRIVATE KEY-----|$)/g, '[removed]')
      .replaceAll(/(:\/\/[^\s/:@"]{0,200}):[^\s/@"]{1,200}@/g, '$1:[removed]@')
      .replaceAll(/(authorization["']?\s*[:=]\s*["']?(?:basic|digest|bearer)?\s*)[^\s"',;]+/gi, '$1[removed]')
      .replaceAll(
        /(["']?(?:password|passwd|secret|token|api[-_]?key|privateKey)["']?\s*[:=]\s*)("(?:[^"\\]|\\.)*"|[^\s,;}]+)/gi,
        '$1[removed]',
      )
      .replaceAll(/(--key[= ])\S+/g, '$1[removed]')
  }
}
