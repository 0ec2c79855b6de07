import { createHash } from 'node:crypto'
import { productTypeById } from '@vigie/connectors/products'
import type { EndpointItem, Machine } from '@vigie/domain/agents'
import { offers, type SimSettings } from '../agents/index.ts'
import type { Product } from './estate.ts'
import { saidAt } from './licences.ts'
import type { Standing } from './standing.ts'

const dayMs = 86_400_000
const hourMs = 3_600_000

/** Of what a machine is like beyond its troubles: the same for the same name. 0 to 1. */
const lotOf = (text: string): number => createHash('sha256').update(text).digest().readUInt32BE(0) / 2 ** 32

/** Patterns come twice a day. */
const builtOf = (now: Date): string => new Date(Math.floor((now.getTime() - 5 * hourMs) / (dayMs / 2)) * (dayMs / 2)).toISOString()
const patternVersionOf = (builtAt: string): string => String(20_000 + (Math.floor(Date.parse(builtAt) / (dayMs / 2)) % 20_000))

/** What a made-up machine says of itself now. */
export function endpointOf(product: Product, machine: Machine, settings: SimSettings, standing: Standing, now: Date): EndpointItem {
  const type = productTypeById.get(product.typeId)!
  const isEndpoint = type.family === 'endpoint-hosted' || type.family === 'endpoint-server'
  const builtAt = standing.frozen[product.description] ?? builtOf(now)
  const scan = scanOf(machine.hostname, standing.scanned[machine.hostname], now)
  // asked for within the hour; whose components stand still was last answered when they were built
  const checkedAt =
    standing.frozen[product.description] ?? new Date(now.getTime() - (3 + lotOf(`${machine.hostname} asks`) * 55) * 60_000).toISOString()
  const known: readonly string[] = type.commands
  // of connectable types the agent itself closes ports, beside whatever engine there is; on Linux only (decision 30)
  const isOwn = (command: string) => type.isConnectable && command.endsWith('-outbreak-defence') && !machine.platform.startsWith('Windows')
  return {
    kind: 'endpoint',
    endpoint: machine.fingerprint,
    at: now.toISOString(),
    name: machine.hostname,
    platform: machine.platform,
    addresses: machine.addresses,
    engine: {
      engine: type.engine ?? product.typeId,
      engineVersion: 'simulated',
      patternVersion: patternVersionOf(builtAt),
      patternBuiltAt: builtAt,
      updateCheckedAt: checkedAt,
      realTimeScan: isEndpoint ? settings.realTimeScan : 'unsupported',
      scan,
      problem: null,
    },
    commands: [
      ...offers(settings).filter(({ type: command }) => known.includes(command) || isOwn(command)),
      ...(known.includes('move-agent') ? [{ type: 'move-agent', isSupported: true, reason: null }] : []),
    ],
    settings: type.settings.length > 0 ? settings.item : null,
    health: healthOf(product, machine, standing, now),
  }
}

/** Once a day in the early morning, each machine at a time of its own; or since, because somebody ordered it. */
function scanOf(hostname: string, ordered: string | undefined, now: Date): NonNullable<EndpointItem['engine']>['scan'] {
  const lot = lotOf(`${hostname} scan`)
  const startsMs = (1 + lot * 3) * hourMs
  const lastsMs = (9 + lotOf(`${hostname} lasts`) * 70) * 60_000
  const today = Math.floor(now.getTime() / dayMs) * dayMs + startsMs
  const started = today + lastsMs <= now.getTime() ? today : today - dayMs
  const daily = { isRunning: false, startedAt: new Date(started).toISOString(), finishedAt: new Date(started + lastsMs).toISOString() }
  return ordered !== undefined && ordered > daily.finishedAt ? { isRunning: false, startedAt: ordered, finishedAt: ordered } : daily
}

/** What a made-up engine shows of an order that it did: the same machine has about as many files each time. */
export function shownOf(machine: { name: string }, type: string, infections: number, now: Date): Record<string, string | number> {
  if (type === 'scan-now')
    return {
      scannedAt: now.toISOString(),
      filesScanned: 40_000 + Math.floor(lotOf(`${machine.name} files`) * 400_000),
      threatsFound: infections,
    }
  return type === 'update-components' ? { patternVersion: patternVersionOf(builtOf(now)) } : {}
}

function healthOf(
  product: Product,
  { hostname, platform }: Machine,
  { troubles, licences }: Standing,
  now: Date,
): NonNullable<EndpointItem['health']> {
  const { freeRatio, spamRatio, down = {} } = troubles[hostname] ?? {}
  const type = productTypeById.get(product.typeId)!
  const licence = licences[product.description]
  const sizeBytes = 2 ** (37 + Math.floor(lotOf(`${hostname} size`) * 3))
  const handled = 120 + Math.floor(lotOf(`${hostname} ${Math.floor(now.getTime() / hourMs)}`) * 500)
  const isService = platform.startsWith('Hosted')
  return {
    ...(isService
      ? {}
      : {
          disks: [
            {
              mount: platform.startsWith('Windows') ? 'C:\\' : '/',
              sizeBytes,
              freeBytes: Math.floor(sizeBytes * (freeRatio ?? 0.2 + lotOf(`${hostname} free`) * 0.5)),
            },
          ],
        }),
    down: Object.entries(down).map(([service, since]) => ({ service, since })),
    mail: type.categories.includes('anti-spam')
      ? { handled, spam: Math.floor(handled * (spamRatio ?? 0.02 + lotOf(`${hostname} spam`) * 0.04)) }
      : null,
    // the machine that speaks for the product reports it; those of its site do not
    licence: licence !== undefined && product.machines[0]?.name === hostname ? saidAt(licence, now) : null,
  }
}
