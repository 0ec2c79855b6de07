import { rm, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

const pathOf = (folder: string): string => join(folder, 'ballast')
const sizeOf = (path: string): Promise<number> =>
  stat(path).then(
    ({ size }) => size,
    () => 0,
  )

/** Room that is kept back on the disk. @throws when there is none */
export async function keepBallast(folder: string, bytes: number): Promise<void> {
  const path = pathOf(folder)
  if ((await sizeOf(path)) !== bytes) await writeFile(path, Buffer.alloc(bytes, 0x2e), { mode: 0o600 })
}

/** Gives it up. True when there was some to give. */
export async function dropBallast(folder: string): Promise<boolean> {
  const path = pathOf(folder)
  const had = (await sizeOf(path)) > 0
  await rm(path, { force: true })
  return had
}
