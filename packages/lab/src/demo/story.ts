import type { Deed, Errand, Moment, Trouble } from './deeds.ts'
import type { Product } from './estate.ts'
import type { Finder } from './finder.ts'

const minuteMs = 60_000
const hour = 60
const day = 24 * hour

export interface Telling {
  products: ReadonlyMap<string, Product>
  companies: ReadonlySet<string>
  writer: Finder
  now: Date
  /** Of history: nothing is told of before its second day. */
  days: number
}

/** What there is to see now, told by hand: each thing the console is for, once or more. Of a small estate only that of its customers. */
export function story(telling: Telling): Moment[] {
  return [...incidents(telling), ...health(telling), ...office(telling)]
}

const ago = (now: Date, minutes: number) => new Date(now.getTime() - minutes * minuteMs)

/** What happened to machines, and what people do about it. */
function incidents({ products, writer, now }: Telling): Moment[] {
  const moments: Moment[] = []
  const at = (minutes: number) => ago(now, minutes)
  const on = (name: string, tell: (product: Product, say: (minutes: number, deed: Deed) => void) => void) => {
    const product = products.get(name)
    if (product) tell(product, (minutes, deed) => void moments.push({ at: at(minutes), deed }))
  }
  on('Fournil', (product, say) => say(12, { kind: 'find', product: 'Fournil', finds: [writer.infection(product, at(12))] }))
  on('Clinique', (product, say) => {
    say(5 * hour, { kind: 'protection', product: 'Clinique', machine: 'accueil-02', isOn: false })
    say(4 * hour, { kind: 'work', product: 'Clinique', by: 1, what: { assign: 1 } })
    say(3.5 * hour, {
      kind: 'work',
      product: 'Clinique',
      by: 1,
      what: { comment: 'Switched off for the imaging software’s update; the supplier calls back before noon.' },
    })
    say(3.1 * hour, {
      kind: 'work',
      product: 'Clinique',
      by: 4,
      what: { comment: 'I am on site this afternoon and can switch it on again if they do not call.' },
    })
    say(38, { kind: 'find', product: 'Clinique', finds: [writer.infection(product, at(38), 'pharmacie-01')] })
  })
  on('CliniqueMail', (_, say) => say(5 * hour, { kind: 'mute', product: 'CliniqueMail', isMute: true }))
  on('CliniqueEdge', (product, say) =>
    say(25, { kind: 'find', product: 'CliniqueEdge', finds: writer.burst(product, 'botnet', 19, 20, at(25)) }),
  )
  // an outbreak: one family through one company within the hour
  on('本社サーバー', (product, say) => {
    const emotet = Array.from({ length: 24 }, (_, n) =>
      writer.found(product, 'antivirus', at(50 - n * 1.5), {
        threat: 'Doc.Dropper.Emotet-99',
        object: `D:\\共有\\請求書\\2026年11月\\請求書-${n}.docm`,
        outcome: n % 9 === 4 ? 'failed' : 'quarantined',
      }),
    )
    say(14, { kind: 'find', product: '本社サーバー', finds: emotet })
    say(9, { kind: 'work', product: '本社サーバー', by: 0, what: { assign: 1 } })
    say(8, {
      kind: 'work',
      product: '本社サーバー',
      by: 0,
      what: { comment: 'Same family on all three products within the hour: treat as an outbreak.' },
    })
  })
  on('営業所', (product, say) =>
    say(17, {
      kind: 'find',
      product: '営業所',
      finds: [
        writer.found(product, 'antivirus', at(17), {
          threat: 'Doc.Dropper.Emotet-99',
          object: 'C:\\Users\\sales\\Downloads\\請求書.docm',
          outcome: 'failed',
        }),
      ],
    }),
  )
  on('倉庫センサー', (product, say) =>
    say(21, { kind: 'find', product: '倉庫センサー', finds: writer.burst(product, 'network-virus', 31, 30, at(21)) }),
  )
  on('Office', (_, say) => {
    say(193, { kind: 'return', product: 'Office' }) // heard anew a moment before it vanishes
    say(190, { kind: 'leave', product: 'Office', how: 'kill' })
  })
  on('Plans', (_, say) => {
    say(1.2 * day, { kind: 'components', product: 'Plans', isUpdating: false, ageDays: 9 })
    say(1.1 * day, {
      kind: 'work',
      product: 'Plans',
      by: 0,
      what: { snooze: 'NAS is replaced next week.', hours: 120, unlessWorse: false },
    })
  })
  on('Courrier', (product, say) => {
    say(33, {
      kind: 'find',
      product: 'Courrier',
      finds: Array.from({ length: 17 }, (_, n) =>
        writer.found(product, 'antivirus', at(34 + n * 1.4), {
          threat: 'Html.Phishing.Bank-1213',
          object: `/var/vmail/accueil/cur/1763${n}.eml`,
          outcome: 'reported',
        }),
      ),
    })
    say(20, {
      kind: 'work',
      product: 'Courrier',
      by: 1,
      what: { snooze: 'A wave of one phishing mail; all of it was caught at the gateway.', hours: 4, unlessWorse: true },
    })
  })
  on('Boutique', (_, say) => {
    say(1.5 * day + 2, { kind: 'return', product: 'Boutique' })
    say(1.5 * day, { kind: 'leave', product: 'Boutique', how: 'bye' })
  })
  on('Mairie', (_, say) => say(1.4 * day, { kind: 'components', product: 'Mairie', isUpdating: false, ageDays: 16 }))
  on('Werk', (product, say) => {
    say(1.8 * day, { kind: 'protection', product: 'Werk', machine: product.machines[0]!.name, isOn: false })
    say(1.7 * day, {
      kind: 'work',
      product: 'Werk',
      by: 0,
      what: { accept: 'Machine controller, isolated in its own network; vendor forbids on-access scanning.', days: 180 },
    })
  })
  on('WerkEdge', (product, say) => say(47, { kind: 'find', product: 'WerkEdge', finds: writer.burst(product, 'ips', 16, 12, at(47)) }))
  on('Etude', (product, say) => {
    say(7 * hour, { kind: 'find', product: 'Etude', finds: [writer.infection(product, at(7 * hour))] })
    say(6.5 * hour, { kind: 'work', product: 'Etude', by: 1, what: { assign: 1 } })
  })
  on('Lycee', (_, say) => {
    say(82, { kind: 'return', product: 'Lycee' })
    say(80, { kind: 'leave', product: 'Lycee', how: 'bye' })
    say(40, { kind: 'look', product: 'Lycee' })
  })
  // silent: somebody works there, and said so before
  on('Hotel', (product, say) => say(11, { kind: 'protection', product: 'Hotel', machine: product.machines[0]!.name, isOn: false }))
  return moments
}

/** What machines say of themselves beyond their engine: licences are those of `licences.ts`; here they are looked at when a day of theirs has come. */
function health({ products, now, days }: Telling): Moment[] {
  const moments: Moment[] = []
  const say = (product: string, minutes: number, deed: Deed) =>
    void (products.has(product) && moments.push({ at: ago(now, Math.min(minutes, (days - 1) * day)), deed }))
  const troubled = (product: string, machine: string, minutes: number, trouble: Trouble) =>
    say(product, minutes, { kind: 'trouble', product, machine, trouble })
  for (const [machine, minutes] of [
    ['salle-info-01', 3.2 * day],
    ['salle-info-03', 19 * hour],
  ] as const)
    troubled('Ecole', machine, minutes, { kind: 'disk', freeRatio: 0.004 })
  troubled('HallesMail', 'halles-mx', 2.5 * hour, { kind: 'spam', ratio: 0.23 })
  troubled('HotelEdge', 'hotel-gw', 70, { kind: 'down', service: 'appliance', minutes: 12 })
  say('HotelEdge', 57, { kind: 'look', product: 'HotelEdge' })
  troubled('Brasserie', 'cuves-srv', 3.4 * hour, { kind: 'down', service: 'smart-protection', minutes: 35 })
  for (const [product, minutes] of [
    ['EtudeMail', 18 * day],
    ['Cabinet', 3 * day],
    ['Coop', 2.2 * day],
    ['Agence', 6 * day],
  ] as const)
    say(product, minutes - 5, { kind: 'look', product })
  return moments
}

/** What the reseller's people arranged: how they like to be told, what they announced, ordered, allowed. */
function office({ products, companies, now, days }: Telling): Moment[] {
  const moments: Moment[] = []
  const say = (minutes: number, by: number, errand: Errand) =>
    void moments.push({ at: ago(now, Math.min(minutes, (days - 2) * day)), deed: { kind: 'errand', by, errand } })
  const known = (names: readonly string[]) => names.filter((name) => products.has(name))
  const those = (names: readonly string[]) => names.filter((name) => companies.has(name))
  moments.push({ at: ago(now, 1.9 * day), deed: { kind: 'people' } })

  // of a virus alert only those are told whose machines it could hit
  say(40 * day, 0, { do: 'index', category: 'outbreak-defence', name: 'vulnerable', value: 1, tag: null })
  say(40 * day, 0, { do: 'index', category: 'component-update', name: 'warnAfterDays', value: 5, tag: 'health' })
  say(30 * day, 0, {
    do: 'view',
    list: 'events',
    name: 'Infections nobody has taken',
    query: 'category=antivirus&severity=action-required&assignee=nobody',
    isShared: true,
  })
  say(30 * day, 0, { do: 'view', list: 'customers', name: 'Health customers', query: 'tag=health', isShared: true })
  say(30 * day, 0, {
    do: 'view',
    list: 'inventory',
    name: 'Unprotected Windows',
    query: 'platformKind=windows&isUnprotected=true',
    isShared: false,
  })

  const consenting = [
    ['さくら歯科医院', '桜井 美咲'],
    ['Cidrerie Kervran', 'Gwenn Kervran'],
    ['Menhir Software', 'Erwan Le Goff'],
    ['Gite & Voile', 'Teva Lepeu'],
    ['Clinique des Tilleuls', 'Inès Delorme'],
  ] as const
  for (const [company, saidBy] of consenting)
    if (companies.has(company))
      say(25 * day, 0, { do: 'consent', company, saidBy, activity: 'outbreak-defence', reference: 'Contract annex 3' })
  const rule = { days: 3, mayBlockPorts: true, mayDenyWrites: false, mayBlockAttachments: false }
  const atYellow = those(['Menhir Software', 'Gite & Voile'])
  const atRed = those(['さくら歯科医院', 'Cidrerie Kervran'])
  if (atYellow.length > 0) say(25 * day, 0, { do: 'rule', companies: atYellow, rule: { ...rule, from: 'yellow' } })
  if (atRed.length > 0) say(25 * day, 0, { do: 'rule', companies: atRed, rule: { ...rule, from: 'red' } })

  const scanned = known(['Presses', 'Ecole', 'Ormes'])
  if (scanned.length > 0) say(6.1 * day, 0, { do: 'order', type: 'scan-now', products: scanned, isInRings: false, fails: [] })
  const updated = known(['Bureau', 'Billetterie', 'Regie', 'Chai', 'Marina'])
  if (updated.length > 1) say(1.3 * day, 1, { do: 'order', type: 'update-components', products: updated, isInRings: true, fails: updated })

  say(20 * day, 0, {
    do: 'window',
    name: 'Patch night of the accountants',
    reason: 'Servers restart after updates.',
    target: { kind: 'tag', tag: 'finance' },
    groups: ['system'],
    at: { kind: 'weekly', days: ['sunday'], time: '02:00' },
    durationMinutes: 180,
    timeZone: 'Europe/Paris',
  })
  say(20 * day, 0, {
    do: 'window',
    name: 'Second Tuesday',
    reason: 'Monthly updates of Windows.',
    target: { kind: 'all' },
    groups: ['system'],
    at: { kind: 'monthly-weekday', week: 'second', days: ['tuesday'], time: '22:00' },
    durationMinutes: 240,
    timeZone: 'Europe/Paris',
  })
  if (products.has('Presses'))
    say(4.2 * day, 0, {
      do: 'window',
      name: 'New switch in the print room',
      reason: 'Cabling by Élec Nord.',
      target: { kind: 'product', product: 'Presses' },
      groups: ['system'],
      at: { kind: 'once', inMinutes: 120 },
      durationMinutes: 180,
      timeZone: 'Europe/Paris',
    })
  if (products.has('Hotel'))
    say(26, 1, {
      do: 'window',
      name: 'Reception gets a new server',
      reason: 'The old one is copied; its protection is off meanwhile.',
      target: { kind: 'product', product: 'Hotel' },
      groups: ['threat', 'system'],
      at: { kind: 'once', inMinutes: -1 },
      durationMinutes: 360,
      timeZone: 'Europe/Paris',
    })

  say(34, 0, {
    do: 'alert',
    alert: {
      level: 'red',
      name: 'Emotet in invoices (simulated)',
      advice:
        'Macros in invoices that seem to come from known suppliers. Do not open .docm files; report them. Machines that have it: take them off the network, then scan.',
      threats: ['Emotet'],
      ports: [445, 3389],
      folders: [],
      attachments: ['*.docm'],
      platforms: [],
      recognisedFrom: ago(now, 2 * day).toISOString(),
      endsAt: new Date(now.getTime() + 3 * day * minuteMs).toISOString(),
    },
  })
  if (products.has('Ormes'))
    say(2.1 * hour, 0, {
      do: 'switch',
      product: 'Ormes',
      server: 'https://vigie.autre-prestataire.example:8453',
      reason: 'The home changes its provider at the end of the month.',
    })
  return moments
}

/** Of the present, since a second factor's session ends by the database's own clock: whose signed alerts are believed. */
export const feedOfAlerts = (now: Date): Errand => ({
  do: 'feed',
  name: 'CSIRT of the region (simulated)',
  alerts: [
    {
      id: 'sim-2026-118',
      level: 'yellow',
      name: 'Mirai variant over Telnet (simulated)',
      advice: 'Close Telnet to the outside and change the passwords that devices came with.',
      threats: ['Mirai'],
      ports: [23, 2323],
      folders: [],
      attachments: [],
      platforms: ['linux'],
      recognisedFrom: ago(now, 4 * day).toISOString(),
      startsAt: ago(now, 2 * day).toISOString(),
      endsAt: ago(now, -14 * day).toISOString(),
    },
  ],
})
