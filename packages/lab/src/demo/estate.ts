import type { Locale } from '@vigie/domain/kernel'

/** One managed machine; all are made up, and say so. The first of a product speaks for it; the others are its site's endpoints (AGT-8). */
export interface Machine {
  name: string
  platform: string
}
export interface Product {
  typeId: string
  /** 20 letters or digits (PRD-2), unique within the estate: its name here. */
  description: string
  machines: readonly Machine[]
}
export interface Customer {
  company: string
  city: string
  country: string
  timeZone: string
  locale: Locale
  contact: readonly [first: string, last: string]
  /** Of the numbers that France and the United Kingdom keep for films; empty elsewhere. */
  phone: string
  industry: string
  tags: readonly string[]
  /** Managed since so many days. */
  joinedDaysAgo: number
  products: readonly Product[]
}

const kinds = {
  site: ['clamav-site-server', 'Debian 13'],
  linux: ['clamav-endpoint', 'Ubuntu 24.04'],
  defender: ['microsoft-defender', 'Windows Server 2025'],
  worryFree: ['wfbs-s', 'Windows Server 2022'],
  worryFreeAdvanced: ['wfbs-a', 'Windows Server 2022'],
  services: ['wfbs-svc', 'Windows 11'],
  mail: ['hosted-email-security', 'Hosted service'],
  rspamd: ['rspamd', 'Debian 13'],
  squid: ['squid-gateway', 'Debian 13'],
  edge: ['cloud-edge', 'Cloud Edge 100'],
  sensor: ['suricata', 'Debian 13'],
  discovery: ['threat-discovery', 'Discovery appliance'],
  vision: ['vision-one', 'Hosted service'],
} as const satisfies Record<string, readonly [typeId: string, platform: string]>

/** `kind description: own machine, endpoint, endpoint ...`; several with `;` between. */
function productsOf(text: string): Product[] {
  return text
    .split(';')
    .filter((one) => one.trim() !== '')
    .map((one) => {
      const [head = '', names = ''] = one.split(':')
      const [kind = '', description = ''] = head.trim().split(' ')
      const [typeId, platform] = kinds[kind as keyof typeof kinds]
      const machines = names.split(',').map((name, index) => ({
        name: name.trim(),
        platform: `${index > 0 ? (index % 2 === 0 ? 'Windows 11' : 'Ubuntu 24.04 desktop') : platform} (simulated)`,
      }))
      return { typeId, description, machines }
    })
}

const places = {
  fr: ['FR', 'Europe/Paris', 'fr'],
  be: ['BE', 'Europe/Brussels', 'fr'],
  ch: ['CH', 'Europe/Zurich', 'fr'],
  ca: ['CA', 'America/Toronto', 'fr'],
  gb: ['GB', 'Europe/London', 'en'],
  ie: ['IE', 'Europe/Dublin', 'en'],
  de: ['DE', 'Europe/Berlin', 'en'],
  jp: ['JP', 'Asia/Tokyo', 'ja'],
  nc: ['NC', 'Pacific/Noumea', 'fr'],
} as const satisfies Record<string, readonly [string, string, Locale]>

type Line = readonly [
  company: string,
  city: string,
  place: keyof typeof places,
  contact: readonly [string, string],
  industry: string,
  tags: string,
  joinedDaysAgo: number,
  products: string,
]

/** The first eight are those of whom there is something to tell now (`plan.ts`); a small estate is made of the first lines. */
const lines: readonly Line[] = [
  ['Boulangerie Martin', 'Rennes', 'fr', ['Paul', 'Martin'], 'Retail', 'retail', 400, 'linux Fournil: fournil-01; linux Caisse: caisse-02'],
  [
    'Clinique des Tilleuls',
    'Lyon',
    'fr',
    ['Inès', 'Delorme'],
    'Health',
    'health priority',
    380,
    'site Clinique: dossiers-srv, accueil-01, accueil-02, imagerie-03, pharmacie-01; mail CliniqueMail: clinique-mx; edge CliniqueEdge: clinique-gw',
  ],
  [
    '株式会社みなと運輸',
    '横浜市',
    'jp',
    ['太郎', '港'],
    'Logistics',
    'priority',
    300,
    'worryFree 本社サーバー: haisha-db; services 営業所: eigyo-12; sensor 倉庫センサー: soko-ids',
  ],
  [
    'Northgate Architects',
    'Bristol',
    'gb',
    ['Oliver', 'Reed'],
    'Architecture',
    '',
    260,
    'linux Plans: plans-nas; linux Render: render-02; defender Office: office-dc',
  ],
  [
    'Comptoir du Livre',
    'Namur',
    'be',
    ['Nora', 'Peeters'],
    'Retail',
    'retail',
    240,
    'rspamd Courrier: courrier; linux Boutique: boutique-01',
  ],
  [
    'Mairie de Saint-Aubin',
    'Saint-Aubin',
    'fr',
    ['Hélène', 'Roux'],
    'Public sector',
    'public priority',
    365,
    'site Mairie: mairie-srv, etat-civil-01, urbanisme-02, accueil-mairie, bibliotheque-01; squid MairieProxy: mairie-proxy; discovery MairieSonde: mairie-tda',
  ],
  [
    'Kessler Feinmechanik',
    'Ulm',
    'de',
    ['Anja', 'Kessler'],
    'Manufacturing',
    'industry',
    210,
    'worryFreeAdvanced Werk: werk-srv; edge WerkEdge: werk-gw; sensor WerkNetz: werk-ids',
  ],
  [
    'Cabinet Duval & Associés',
    'Nantes',
    'fr',
    ['Étienne', 'Duval'],
    'Accounting',
    'finance',
    190,
    'services Cabinet: compta-srv; mail CabinetMail: duval-mx',
  ],
  ['Pharmacie du Port', 'Brest', 'fr', ['Maëlle', 'Le Gall'], 'Health', 'health', 180, 'linux Officine: officine-01'],
  [
    'Hôtel Bellevue',
    'Annecy',
    'fr',
    ['Julien', 'Favre'],
    'Hospitality',
    '',
    175,
    'defender Hotel: reception-srv; edge HotelEdge: hotel-gw',
  ],
  [
    'Étude Lambert Notaires',
    'Dijon',
    'fr',
    ['Sophie', 'Lambert'],
    'Legal',
    'finance priority',
    170,
    'worryFree Etude: actes-srv; mail EtudeMail: lambert-mx; vision EtudeVision: lambert-xdr',
  ],
  ['さくら歯科医院', '京都市', 'jp', ['美咲', '桜井'], 'Health', 'health', 165, 'linux 受付: uketsuke-01; linux レントゲン: xsen-02'],
  ['Garage de Tours', 'Tours', 'fr', ['Karim', 'Benali'], 'Automotive', '', 160, 'linux Atelier: garage-01'],
  [
    'Harbour Freight Ltd',
    'Cork',
    'ie',
    ['Aoife', 'Byrne'],
    'Logistics',
    '',
    158,
    'defender Depot: depot-srv; services Drivers: drivers-hub; edge DepotEdge: depot-gw',
  ],
  [
    'Imprimerie Vasseur',
    'Lille',
    'fr',
    ['Thomas', 'Vasseur'],
    'Manufacturing',
    'industry',
    155,
    'site Presses: presses-srv, pao-01, pao-02, rip-03',
  ],
  [
    'École Jean-Moulin',
    'Metz',
    'fr',
    ['Claire', 'Noël'],
    'Education',
    'public',
    150,
    'site Ecole: ecole-srv, salle-info-01, salle-info-02, salle-info-03, vie-scolaire; squid EcoleProxy: ecole-proxy',
  ],
  [
    'Coopérative du Val',
    'Tours',
    'fr',
    ['Bruno', 'Girard'],
    'Agriculture',
    '',
    148,
    'worryFree Coop: coop-srv; sensor CoopSonde: coop-ids',
  ],
  ['Menuiserie Perrin', 'Besançon', 'fr', ['Alice', 'Perrin'], 'Construction', '', 140, 'linux Bureau: perrin-01'],
  [
    'Laboratoires Aubry',
    'Grenoble',
    'fr',
    ['Marc', 'Aubry'],
    'Health',
    'health industry',
    135,
    'worryFreeAdvanced Labo: labo-srv; linux Paillasse: paillasse-04; edge LaboEdge: labo-gw; discovery LaboSonde: labo-tda',
  ],
  [
    'Whitcombe Solicitors',
    'Exeter',
    'gb',
    ['Grace', 'Whitcombe'],
    'Legal',
    'finance',
    130,
    'services Chambers: chambers-01; mail ChambersMail: whitcombe-mx',
  ],
  ['Transports Rousseau', 'Reims', 'fr', ['Yann', 'Rousseau'], 'Logistics', '', 128, 'defender Quai: quai-srv; edge QuaiEdge: quai-gw'],
  [
    'Atelier Horloger Piguet',
    'La Chaux-de-Fonds',
    'ch',
    ['Luc', 'Piguet'],
    'Manufacturing',
    'industry',
    120,
    'linux Horloger: piguet-nas; mail HorlogerMail: piguet-mx',
  ],
  ['Agence Immo Sud', 'Montpellier', 'fr', ['Laura', 'Costa'], 'Real estate', '', 118, 'services Agence: agence-01'],
  [
    'Théâtre de la Cité',
    'Toulouse',
    'fr',
    ['Samuel', 'Roche'],
    'Culture',
    'public',
    115,
    'linux Billetterie: billetterie; linux Regie: regie-02',
  ],
  ['Brasserie du Canal', 'Gand', 'be', ['Pieter', 'Claes'], 'Manufacturing', 'industry', 110, 'worryFree Brasserie: cuves-srv'],
  [
    '有限会社ひかり印刷',
    '大阪市',
    'jp',
    ['健', '光'],
    'Manufacturing',
    'industry',
    105,
    'defender 印刷サーバー: insatsu-srv; mail 印刷メール: hikari-mx',
  ],
  ['Vétérinaires du Lac', 'Lausanne', 'ch', ['Manon', 'Keller'], 'Health', 'health', 100, 'linux Cabinet2: lac-01'],
  ['Cidrerie Kervran', 'Quimper', 'fr', ['Gwenn', 'Kervran'], 'Agriculture', '', 98, 'linux Chai: chai-01'],
  ['Bureau Tremblay', 'Québec', 'ca', ['Simon', 'Tremblay'], 'Engineering', '', 95, 'services Genie: genie-srv; edge GenieEdge: genie-gw'],
  [
    'Lycée Victor-Hugo',
    'Caen',
    'fr',
    ['Odile', 'Marchand'],
    'Education',
    'public',
    82,
    'site Lycee: lycee-srv, cdi-01, labo-langues, techno-02; squid LyceeProxy: lycee-proxy',
  ],
  [
    'Menhir Software',
    'Lannion',
    'fr',
    ['Erwan', 'Le Goff'],
    'IT',
    '',
    74,
    'linux Forge: forge-01; linux Preprod: preprod-02; sensor ForgeSonde: forge-ids',
  ],
  [
    'Maison de Retraite Les Ormes',
    'Angers',
    'fr',
    ['Denise', 'Petit'],
    'Health',
    'health public',
    66,
    'site Ormes: ormes-srv, infirmerie-01, direction-02; mail OrmesMail: ormes-mx',
  ],
  ['Gite & Voile', 'Nouméa', 'nc', ['Teva', 'Lepeu'], 'Hospitality', '', 58, 'linux Marina: marina-01'],
  ['Dawson Veterinary', 'Leeds', 'gb', ['Emily', 'Dawson'], 'Health', 'health', 49, 'services Practice: practice-01'],
  ['Scierie Morel', 'Épinal', 'fr', ['Rémi', 'Morel'], 'Manufacturing', 'industry', 41, 'worryFree Scierie: scierie-srv'],
  [
    'Opticiens Réunis',
    'Nîmes',
    'fr',
    ['Chloé', 'Brun'],
    'Retail',
    'retail',
    33,
    'defender Optique: optique-srv; edge OptiqueEdge: optique-gw',
  ],
  ['Fleurs & Compagnie', 'Pau', 'fr', ['Zoé', 'Lacaze'], 'Retail', 'retail', 24, 'linux Fleurs: fleurs-01'],
  [
    '株式会社あおば設計',
    '仙台市',
    'jp',
    ['陽子', '青葉'],
    'Architecture',
    '',
    17,
    'services 設計: sekkei-01; sensor 設計センサー: aoba-ids',
  ],
  ['Clinique vétérinaire Alba', 'Ajaccio', 'fr', ['Ange', 'Casanova'], 'Health', 'health', 9, 'linux Alba: alba-01'],
  [
    'Librairie des Halles',
    'Poitiers',
    'fr',
    ['Irène', 'Caillé'],
    'Retail',
    'retail',
    3,
    'linux Halles: halles-01; rspamd HallesMail: halles-mx',
  ],
]

/** The estate, or its first customers. */
export function estateOf(customers = lines.length): readonly Customer[] {
  return lines.slice(0, customers).map(([company, city, place, contact, industry, tags, joinedDaysAgo, products], index) => {
    const [country, timeZone, locale] = places[place]
    const phone = country === 'FR' ? `+33 1 99 00 ${10 + index} ${90 - index}` : country === 'GB' ? `+44 1632 960${100 + index}` : ''
    return {
      company,
      city,
      country,
      timeZone,
      locale,
      contact,
      phone,
      industry,
      tags: tags.split(' ').filter(Boolean),
      joinedDaysAgo,
      products: productsOf(products),
    }
  })
}
