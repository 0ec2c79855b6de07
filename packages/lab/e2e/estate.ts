import { createHash, randomBytes } from 'node:crypto'
import { accessApi } from '@vigie/domain/access'
import type { Item } from '@vigie/domain/agents'
import { customersApi } from '@vigie/domain/customers'
import { eventsApi } from '@vigie/domain/events'
import type { Locale } from '@vigie/domain/kernel'
import { productsApi } from '@vigie/domain/products'
import {
  EnrolClient,
  fetchCa,
  inTurn,
  type LabIdentity,
  type LabServer,
  offers,
  type SettingsMode,
  SimAgent,
  SimSettings,
  startFleet,
} from '../src/agents/index.ts'
import { ConsoleClient } from '../src/console/index.ts'
import { fillSettings } from './estate-settings.ts'

/** What a script may find in a name or a path; harmless only where it is shown as text (R12). */
export const hostile = '<img src=x onerror=alert(1)>'
const longName = 'Wohnungsbaugenossenschaft Rindfleischetikettierungsüberwachung Mecklenburg-Vorpommern eG'

interface Machine {
  name: string
  typeId?: 'clamav-endpoint' | 'clamav-site-server'
  platform?: string
  realTimeScan?: 'on' | 'off'
  patternAgeDays?: number
  problem?: string
  detections?: { threat: string; object: string; outcome: string; minutesAgo: number }[]
  /** The last of its infections is mended again. */
  isCleared?: boolean
  answers?: 'succeed' | 'fail' | 'silent'
  settings?: SettingsMode
  licence?: { kind?: 'full' | 'trial'; days: number; seats: number | null; seatsUsed: number }
  ends?: 'offline' | 'abnormal' | 'disabled' | 'cloned'
}
interface Client {
  company: string
  locale: Locale
  country: string
  timeZone: string
  contact: [first: string, last: string]
  tags: string[]
  machines?: Machine[]
}

const found = (threat: string, object: string, outcome: string, minutesAgo: number) => ({ threat, object, outcome, minutesAgo })
const burst = (count: number) =>
  Array.from({ length: count }, (_, i) =>
    found('Html.Phishing.Bank-1213', `/var/vmail/comptoir.example/accueil/cur/1763${i}.eml`, 'quarantined', 1 + i),
  )

/** The cases a console must show, each once or more; the rest is there to fill pages. */
const told: Client[] = [
  {
    company: 'Boulangerie Martin',
    locale: 'fr',
    country: 'FR',
    timeZone: 'Europe/Paris',
    contact: ['Paul', 'Martin'],
    tags: ['retail'],
    machines: [
      {
        name: 'fournil-01',
        licence: { kind: 'trial', days: 12, seats: 10, seatsUsed: 12 },
        detections: [
          found('Unix.Trojan.Mirai-9970440-0', '/srv/partage/factures/facture-2291.pdf.exe', 'failed', 4),
          found('Win.Malware.Agent-6598770', '/srv/partage/logiciels/clef.exe', 'quarantined', 130),
        ],
      },
      { name: 'caisse-02', ends: 'offline' },
    ],
  },
  {
    company: 'Clinique des Tilleuls',
    locale: 'fr',
    country: 'FR',
    timeZone: 'Europe/Paris',
    contact: ['Inès', 'Delorme'],
    tags: ['health', 'priority'],
    machines: [
      { name: 'dossiers-srv', typeId: 'clamav-site-server', realTimeScan: 'off', platform: 'Debian 13' },
      { name: 'imagerie-03', patternAgeDays: 21, answers: 'silent' },
      {
        name: 'pharmacie',
        licence: { days: -3, seats: null, seatsUsed: 4 },
        answers: 'fail',
        detections: [found('Win.Ransomware.LockBit-10008', '/home/pharma/Téléchargements/mise à jour.scr', 'failed', 11)],
      },
    ],
  },
  {
    company: '株式会社みなと運輸',
    locale: 'ja',
    country: 'JP',
    timeZone: 'Asia/Tokyo',
    contact: ['花子', '山田'],
    tags: ['priority'],
    machines: [
      { name: 'haisha-db', patternAgeDays: 9, settings: 'drifts' },
      {
        name: 'soko-file',
        detections: [found('Doc.Dropper.Emotet-99', '/srv/共有/請求書/2026年11月/請求書一覧（最終版）.docm', 'failed', 25)],
        isCleared: true,
        settings: 'refuses',
      },
      { name: 'jimu-05', ends: 'abnormal' },
    ],
  },
  {
    company: 'Comptoir du Livre',
    locale: 'fr',
    country: 'BE',
    timeZone: 'Europe/Brussels',
    contact: ['Nora', 'Peeters'],
    tags: ['retail'],
    machines: [{ name: 'courrier', typeId: 'clamav-site-server', detections: burst(17) }],
  },
  {
    company: 'Northgate Architects',
    locale: 'en',
    country: 'GB',
    timeZone: 'Europe/London',
    contact: ['Oliver', 'Reed'],
    tags: [],
    machines: [
      { name: 'plans-nas', problem: 'clamd-stopped', realTimeScan: 'off', settings: 'knows-none' },
      { name: 'render-01', ends: 'disabled' },
      { name: 'render-02', ends: 'cloned' },
    ],
  },
  {
    company: hostile,
    locale: 'en',
    country: 'GB',
    timeZone: 'Europe/London',
    contact: [hostile, hostile],
    tags: [hostile],
    machines: [{ name: hostile, platform: hostile, detections: [found(hostile, `/srv/${hostile}/${hostile}.exe`, 'failed', 2)] }],
  },
  {
    company: longName,
    locale: 'en',
    country: 'DE',
    timeZone: 'Europe/Berlin',
    contact: ['Maximiliane-Friederike', 'von Hohenstein-Schwarzenberg'],
    tags: ['public sector', 'a tag of some length'],
    machines: [
      {
        name: 'verwaltungsserver-schwerin-hauptgebaeude-keller-07.intern.example',
        detections: [
          found(
            'Win.Trojan.VeryLongFamilyNameThatGoesOnAndOn-1234567890-0',
            `/srv/${'ein-recht-langes-verzeichnis/'.repeat(6)}datei.exe`,
            'blocked',
            45,
          ),
        ],
      },
    ],
  },
]
const towns = ['Rennes', 'Lille', 'Nantes', 'Lyon', 'Dijon', 'Tours', 'Metz', 'Brest', 'Nîmes', 'Pau']
const trades = ['Garage', 'Cabinet comptable', 'Pharmacie', 'Imprimerie', 'Menuiserie', 'École']
const others: Client[] = trades.flatMap((trade) =>
  towns.map((town) => ({
    company: `${trade} de ${town}`,
    locale: 'fr' as const,
    country: 'FR',
    timeZone: 'Europe/Paris',
    contact: ['Camille', town] as [string, string],
    tags: [],
  })),
)

export interface Estate {
  client: ConsoleClient
  /** Its first agents, by the name of their machine. */
  productIds: ReadonlyMap<string, string>
  customerIds: ReadonlyMap<string, string>
  /** The business's own settings template. */
  templateId: string
  owner: { email: string; password: string }
  stop(): Promise<void>
}

/**
 * A small provider's customers, made over the product's own doors: the console's API and the agents' protocol. Machines say of themselves that they are simulated.
 * Resolves once events stand.
 * @param options `isTidy`: without what is there to break a console, for pictures
 */
export async function fill(url: string, setupLink: string, { isTidy = false } = {}): Promise<Estate> {
  const clients = isTidy ? told.filter(({ company }) => company !== hostile && company !== longName) : told
  const owner = { email: 'claire@atelier-reseau.example', password: 'une vigie veille la nuit' }
  const client = new ConsoleClient(url)
  await client.setUp(setupLink, { businessName: 'Atelier Réseau (simulated)', ...owner })
  await client.call(accessApi.updateMe, { body: { firstName: 'Claire', lastName: 'Moreau', timeZone: 'Europe/Paris' } })
  const customerIds = new Map<string, string>()
  const productIds = new Map<string, string>()
  await inTurn(6, [...others, ...clients.toReversed()], async (who, index) => {
    const [firstName, lastName] = who.contact
    const email = `contact-${index}@example.com`
    const { customer } = await client.call(customersApi.createCustomer, {
      body: {
        profile: {
          company: who.company,
          country: who.country,
          city: '',
          industry: '',
          sizeEndpoints: who.machines ? who.machines.length * 4 : null,
        },
        account: { accountId: `C-${1000 + index}`, timeZone: who.timeZone, locale: who.locale },
        contact: { firstName, lastName, email, locale: who.locale },
        tags: who.tags,
      },
    })
    customerIds.set(who.company, customer.id)
  })

  const machines = clients.flatMap((who) =>
    (who.machines ?? []).map((machine) => ({ ...machine, customerId: customerIds.get(who.company)! })),
  )
  let server: LabServer | undefined
  let enroller: EnrolClient | undefined
  const identities = new Map<string, LabIdentity>()
  await inTurn(1, machines, async (machine) => {
    const description = machine.name.replaceAll(/[^\p{L}\p{N}]/gu, '').slice(0, 20)
    const product = await client.call(productsApi.createProduct, {
      params: { customerId: machine.customerId },
      body: { typeId: machine.typeId ?? 'clamav-endpoint', description },
    })
    productIds.set(machine.name, product.id)
    const { guid, key, caFingerprint, installCommand } = await client.call(productsApi.issueKey, { params: { productId: product.id } })
    const agentUrl = /https:\/\/[^/' ]+/.exec(installCommand)![0]
    server ??= { url: agentUrl, ca: await fetchCa(agentUrl, caFingerprint) }
    enroller ??= new EnrolClient(server, 4)
    const address = `10.20.${identities.size}.${10 + identities.size}`
    identities.set(
      machine.name,
      await enroller.enrol(
        { guid, key },
        {
          hostname: machine.name,
          platform: `${machine.platform ?? 'Ubuntu 24.04'} (simulated)`,
          fingerprint: createHash('sha256').update(machine.name).digest('hex'),
          addresses: [address],
        },
      ),
    )
  })
  enroller!.close()
  // Two that wait for their agents.
  for (const [company, description] of [
    ['Boulangerie Martin', 'Bureau'],
    ['Garage de Rennes', 'Atelier'],
  ] as const) {
    const product = await client.call(productsApi.createProduct, {
      params: { customerId: customerIds.get(company)! },
      body: { typeId: 'clamav-endpoint', description },
    })
    productIds.set(description, product.id)
  }

  const fleets = await Promise.all(
    (['succeed', 'fail', 'silent'] as const).map(async (answers) => {
      const some = machines.filter((machine) => (machine.answers ?? 'succeed') === answers)
      return startFleet({
        server: server!,
        agents: some.map(({ name }) => identities.get(name)!),
        engine: { answers, workMs: 300 },
        reportsEndpoints: false,
      })
    }),
  )
  const agentOf = (name: string): SimAgent =>
    fleets.flatMap((fleet) => fleet.agents).find((agent) => agent.identity.machine.hostname === name)!
  for (const machine of machines) {
    const agent = agentOf(machine.name)
    agent.settings = new SimSettings(machine.settings ?? 'obeys', machine.realTimeScan === 'off' ? { 'real-time-scan.enabled': false } : {})
    agent.describe = () => endpointOf(machine, agent)
    agent.tell([agent.describe(new Date()), ...detectionsOf(machine, agent)])
  }
  await Promise.all(fleets.map((fleet) => fleet.drained()))
  await until(async () => (await client.call(eventsApi.listEvents, { query: { limit: 50 } })).rows.length >= 7, 'events')

  const eventsAt = async (name: string) => (await client.call(eventsApi.listEvents, { query: { productId: productIds.get(name)! } })).rows
  for (const machine of machines) {
    const agent = agentOf(machine.name)
    if (machine.isCleared) {
      // cleared before it was seen, it is no event
      await until(
        async () => (await eventsAt(machine.name)).some(({ category }) => category === 'antivirus'),
        `an infection at ${machine.name}`,
      )
      const last = machine.detections!.at(-1)!
      agent.tell([
        {
          kind: 'cleared',
          endpoint: agent.identity.machine.fingerprint,
          at: new Date().toISOString(),
          category: 'antivirus',
          threat: last.threat,
          object: last.object,
          how: 'quarantined',
        },
      ])
    }
    if (machine.ends === 'offline') agent.bye()
    if (machine.ends === 'abnormal') agent.kill()
    if (machine.ends === 'disabled') {
      const [first] = (await client.call(productsApi.listAgents, { params: { productId: productIds.get(machine.name)! } })).rows
      await client.call(productsApi.switchAgent, { params: { agentId: first!.id }, body: { isDisabled: true } })
    }
    if (machine.ends === 'cloned') await fleets[0]!.clone(agent)
  }
  // One event is being mended and the machine does not answer; one command fails.
  for (const name of ['imagerie-03', 'pharmacie']) {
    await until(async () => (await eventsAt(name)).length > 0, `an event at ${name}`)
    await client.call(eventsApi.resolveEvent, { params: { eventId: (await eventsAt(name))[0]!.id } })
  }
  const { templateId } = await fillSettings({ client, productIds, customerIds })
  await client.call(accessApi.inviteAccount, {
    body: {
      email: 'hanako@example.jp',
      firstName: '花子',
      lastName: '佐藤',
      role: 'technician',
      locale: 'ja',
      timeZone: 'Asia/Tokyo',
      scope: null,
    },
  })
  await until(
    async () => (await client.call(eventsApi.listEvents, { query: { state: 'resolved' } as never })).rows.length > 0,
    'a resolved event',
  )
  return {
    client,
    productIds,
    customerIds,
    templateId,
    owner,
    stop: async () => void (await Promise.all(fleets.map((fleet) => fleet.stop()))),
  }
}

const daysAgo = (days: number) => new Date(Date.now() - days * 86_400_000).toISOString()
const minutesAgo = (minutes: number) => new Date(Date.now() - minutes * 60_000).toISOString()

function endpointOf(machine: Machine, { identity: { machine: facts }, settings }: SimAgent): Item & { kind: 'endpoint' } {
  const patternBuiltAt = daysAgo(machine.patternAgeDays ?? 0.2)
  return {
    kind: 'endpoint',
    endpoint: facts.fingerprint,
    at: new Date().toISOString(),
    name: facts.hostname,
    platform: facts.platform,
    addresses: facts.addresses,
    engine: {
      engine: 'clamav',
      engineVersion: '1.4.3 (simulated)',
      patternVersion: machine.patternAgeDays ? '27801' : '27822',
      patternBuiltAt,
      updateCheckedAt: patternBuiltAt,
      realTimeScan: settings.realTimeScan,
      scan: { isRunning: false, startedAt: daysAgo(0.4), finishedAt: daysAgo(0.38) },
      problem: machine.problem ?? null,
    },
    // one that is away may be told to go to another product: it waits for it
    commands: [...offers(settings), ...(machine.ends === 'offline' ? [{ type: 'move-agent', isSupported: true, reason: null }] : [])],
    settings: settings.item,
    ...(machine.licence && { health: { licence: licenceOf(machine.licence) } }),
  }
}
const licenceOf = ({ days, ...said }: NonNullable<Machine['licence']>) => ({ ...said, expiresAt: daysAgo(-days) })

const detectionsOf = (machine: Machine, { identity }: SimAgent): Item[] =>
  (machine.detections ?? []).map((one) => ({
    kind: 'detection',
    endpoint: identity.machine.fingerprint,
    at: minutesAgo(one.minutesAgo),
    category: 'antivirus',
    threat: one.threat,
    object: one.object,
    outcome: one.outcome,
    engine: 'clamav',
    contentId: randomBytes(16).toString('hex'),
  }))

async function until(isSo: () => Promise<boolean>, what: string): Promise<void> {
  const end = performance.now() + 60_000
  while (!(await isSo())) {
    if (performance.now() > end) throw new Error(`${what} did not come within a minute`)
    await new Promise((resolve) => setTimeout(resolve, 200))
  }
}
