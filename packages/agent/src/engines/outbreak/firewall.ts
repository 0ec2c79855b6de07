import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { CommandFailure, type Host } from '../../core/engine.ts'

/** Nobody else's: made, replaced and deleted whole, so that what others set up (distribution, Docker, the administrator) is never touched. */
const table = 'inet vigie_outbreak'
const timeoutMs = 10_000

export interface Closed {
  /** Nothing may come in on these, nothing go out to them. */
  inbound: readonly number[]
  outbound: readonly number[]
}

/**
 * The whole of what is wanted, as nft takes it in one transaction: there is no moment with half of it. Entries carry their time: the kernel itself lets them go, also when the agent is gone.
 * Loopback stays open: what a machine says to itself spreads nothing. Only numbers come from outside. Source: nft(8) 1.0.6.
 */
export function ruleset({ inbound, outbound }: Closed, seconds: number): string {
  const set = (name: string, ports: readonly number[]) =>
    `  set ${name} {\n    type inet_service\n    flags timeout\n${ports.length === 0 ? '' : `    elements = { ${ports.map((port) => `${Math.trunc(port)} timeout ${Math.trunc(seconds)}s`).join(', ')} }\n`}  }\n`
  const chain = (name: string, hook: string, loopback: string, name2: string) =>
    `  chain ${name} {\n    type filter hook ${hook} priority -150; policy accept;\n${loopback === '' ? '' : `    ${loopback} "lo" accept\n`}    tcp dport @${name2} drop\n    udp dport @${name2} drop\n  }\n`
  return `${gone}table ${table} {\n${set('inbound', inbound)}${set('outbound', outbound)}${chain('incoming', 'input', 'iifname', 'inbound')}${chain('outgoing', 'output', 'oifname', 'outbound')}${chain('passing', 'forward', '', 'inbound')}}\n`
}

/** Deleting what is not there fails, adding what is there does not. */
const gone = `add table ${table}\ndelete table ${table}\n`

/** @throws CommandFailure */
async function run(host: Host, text: string): Promise<void> {
  const file = join(await host.folder('nft'), 'ruleset')
  await writeFile(file, text, { mode: 0o600 })
  const { exitCode, output } = await host.run('nft', ['-f', file], { timeoutMs })
  if (exitCode === 0) return
  host.log.warn('the firewall refused', { exitCode, output: output.slice(0, 500) })
  throw new CommandFailure('firewall-refused')
}

export const close = (host: Host, closed: Closed, seconds: number): Promise<void> => run(host, ruleset(closed, seconds))
export const open = (host: Host): Promise<void> => run(host, gone)

/** Does the firewall take orders from us? Text key below `command-reason.`; null: it does. */
export async function fault(host: Host): Promise<string | null> {
  if (!(await host.hasProgram('nft'))) return 'firewall-missing'
  const asked = await host.run('nft', ['list', 'tables'], { timeoutMs }).catch(() => null)
  if (asked?.exitCode !== 0) return 'firewall-refused'
  // listing may be anybody's right: only a change that changes nothing tells. `-c` checks against the kernel and commits nothing
  const file = join(await host.folder('nft'), 'check')
  await writeFile(file, gone, { mode: 0o600 })
  return (await host.run('nft', ['-c', '-f', file], { timeoutMs }).catch(() => null))?.exitCode === 0 ? null : 'firewall-refused'
}

/** What the kernel holds; null: our table is not there. */
export async function held(host: Host): Promise<Closed | null> {
  const { exitCode, output } = await host.run('nft', ['-j', 'list', 'table', 'inet', 'vigie_outbreak'], { timeoutMs })
  if (exitCode !== 0) return null
  const { nftables } = JSON.parse(output) as { nftables: { set?: { name: string; elem?: (number | { elem: { val: number } })[] } }[] }
  const of = (name: string) =>
    nftables
      .flatMap(({ set }) => (set?.name === name ? (set.elem ?? []).map((one) => (typeof one === 'number' ? one : one.elem.val)) : []))
      .toSorted((a, b) => a - b)
  return { inbound: of('inbound'), outbound: of('outbound') }
}
