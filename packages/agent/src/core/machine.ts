import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { arch, hostname, networkInterfaces, release } from 'node:os'
import type { Machine } from '@vigie/domain/agents'

/** Where the facts come from; tests bring their own. */
export interface MachineSources {
  read(path: string): Promise<string>
  hostname(): string
  addresses(): string[]
}

export const thisMachine: MachineSources = {
  read: (path) => readFile(path, 'utf8'),
  hostname,
  addresses: () =>
    Object.values(networkInterfaces())
      .flatMap((list) => list ?? [])
      .filter((address) => !address.internal && !address.address.startsWith('fe80:'))
      .map(({ address }) => address)
      .slice(0, 50),
}

/**
 * @param anchorHostname the host's name when it was enrolled: goes into the fingerprint in place of the present one, so that a renamed machine stays the
 * same (R10's lawful lives). A copy of the machine differs by hardware, or is told apart by its counter and then anchored anew.
 */
export async function machineFacts(anchorHostname: string | null, sources: MachineSources = thisMachine): Promise<Machine> {
  const name = sources.hostname().slice(0, 255)
  const ids = await Promise.all(
    ['/etc/machine-id', '/sys/class/dmi/id/product_uuid', '/sys/class/dmi/id/board_serial'].map((path) =>
      sources.read(path).then(
        (text) => text.trim(),
        () => '',
      ),
    ),
  )
  const fingerprint = createHash('sha256')
    .update(['vigie machine 1', ...ids, anchorHostname ?? name].join('\n'))
    .digest('hex')
  return { hostname: name, platform: (await platform(sources)).slice(0, 255), fingerprint, addresses: sources.addresses() }
}

/** `Debian GNU/Linux 12 (bookworm), x64, kernel 6.1.0-21-amd64`. */
async function platform(sources: MachineSources): Promise<string> {
  const text = await sources.read('/etc/os-release').catch(() => '')
  const name = /^PRETTY_NAME="?([^"\n]{1,150})"?$/m.exec(text)?.[1] ?? process.platform
  return `${name}, ${arch()}, kernel ${release()}`
}
