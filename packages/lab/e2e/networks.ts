import { execFileSync, spawnSync } from 'node:child_process'

const ip = (...args: string[]) => void execFileSync('ip', args, { stdio: 'pipe' })

/** A network of one cable between two namespaces, each end with an address of its own. */
interface Cable {
  /** Null: the machine's own network. */
  from: string | null
  to: string
  /** Name of the device at `from`, and its address; `to` has `eth0`, or `device` where it has more than one. */
  name: string
  device?: string
  addresses: [from: string, to: string]
}

/** Networks of a test's own (Linux namespaces): nobody in them sees more than the cables laid here; nothing is passed on between two cables of one namespace. */
export class Networks {
  readonly #namespaces: string[] = []
  readonly #outer: string[] = []

  static areAllowed(): boolean {
    const name = `vt-try-${process.pid}`
    if (process.getuid?.() !== 0 || spawnSync('ip', ['netns', 'add', name]).status !== 0) return false
    spawnSync('ip', ['netns', 'del', name])
    return true
  }

  add(name: string): string {
    ip('netns', 'add', name)
    this.#namespaces.push(name)
    ip('-n', name, 'link', 'set', 'lo', 'up')
    return name
  }

  lay({ from, to, name, device = 'eth0', addresses: [near, far] }: Cable): void {
    const at = from === null ? [] : ['-n', from]
    ip(...at, 'link', 'add', name, 'type', 'veth', 'peer', 'name', device, 'netns', to)
    if (from === null) this.#outer.push(name)
    ip(...at, 'addr', 'add', `${near}/32`, 'peer', `${far}/32`, 'dev', name)
    ip(...at, 'link', 'set', name, 'up')
    ip('-n', to, 'addr', 'add', `${far}/32`, 'peer', `${near}/32`, 'dev', device)
    ip('-n', to, 'link', 'set', device, 'up')
  }

  close(): void {
    for (const one of this.#namespaces) spawnSync('ip', ['netns', 'del', one])
    for (const one of this.#outer) spawnSync('ip', ['link', 'del', one])
  }
}
