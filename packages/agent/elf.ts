import { open } from 'node:fs/promises'

/** Targets of the agent's one file, as Node.js names them. */
export const targets = ['linux-x64', 'linux-arm64'] as const
export type Target = (typeof targets)[number]

const magic = Buffer.from([0x7f, 0x45, 0x4c, 0x46])
/** `e_machine`; 64-bit little-endian Linux or System V alone. Source: ELF-64 object file format, and elf.h. */
const machines = new Map<number, Target>([
  [62, 'linux-x64'],
  [183, 'linux-arm64'],
])

/** What a program is for, by its ELF header. Null: it is no ELF file (a script), `other`: for another machine. */
export async function targetOf(file: string): Promise<Target | 'other' | null> {
  const handle = await open(file)
  try {
    const head = Buffer.alloc(20)
    const { bytesRead } = await handle.read(head, 0, head.length, 0)
    if (bytesRead < head.length || !head.subarray(0, 4).equals(magic)) return null
    const isOurs = head[4] === 2 && head[5] === 1 && (head[7] === 0 || head[7] === 3)
    return (isOurs && machines.get(head.readUInt16LE(18))) || 'other'
  } finally {
    await handle.close()
  }
}

/** @throws for a program of another machine, before it is packed as one of this */
export async function assertTarget(file: string, target: Target): Promise<void> {
  const found = await targetOf(file)
  if (found !== null && found !== target)
    throw new TypeError(`${file} is not for ${target}, but for ${found === 'other' ? 'another machine' : found}`)
}
