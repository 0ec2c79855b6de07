import type { Role } from '@vigie/domain/access'
import type { Locale } from '@vigie/domain/kernel'
import type { Customer } from './estate.ts'

/** Who may sign in, in the order they joined; the first sets the installation up. */
export interface Person {
  email: string
  password: string
  firstName: string
  lastName: string
  role: Role
  locale: Locale
  timeZone: string
  /** Sees these customers only; absent: all. */
  limitedTo?: { tag: string } | { company: string }
}

export const businessName = 'Atelier Réseau (simulated)'
const here = 'Europe/Paris'
/** Not secrets: the demo prints them. It listens on this machine only. */
export const people: readonly [Person, ...Person[]] = [
  {
    email: 'claire@atelier-reseau.example',
    password: 'une vigie veille la nuit',
    firstName: 'Claire',
    lastName: 'Moreau',
    role: 'owner',
    locale: 'en',
    timeZone: here,
  },
  {
    email: 'hanako@atelier-reseau.example',
    password: 'mihari wa yoru mo okiru',
    firstName: '花子',
    lastName: '佐藤',
    role: 'technician',
    locale: 'ja',
    timeZone: 'Asia/Tokyo',
  },
  {
    email: 'luc@atelier-reseau.example',
    password: 'du haut du grand mat',
    firstName: 'Luc',
    lastName: 'Berger',
    role: 'read-only',
    locale: 'fr',
    timeZone: here,
  },
  {
    email: 'marc@atelier-reseau.example',
    password: 'deux paires de yeux veillent',
    firstName: 'Marc',
    lastName: 'Delattre',
    role: 'administrator',
    locale: 'fr',
    timeZone: here,
  },
  {
    email: 'amelie@atelier-reseau.example',
    password: 'seulement la sante des autres',
    firstName: 'Amélie',
    lastName: 'Girard',
    role: 'technician',
    locale: 'fr',
    timeZone: here,
    limitedTo: { tag: 'health' },
  },
  {
    email: 'oliver@atelier-reseau.example',
    password: 'every seat is counted twice',
    firstName: 'Oliver',
    lastName: 'Grant',
    role: 'billing',
    locale: 'en',
    timeZone: 'Europe/London',
  },
  {
    email: 'ines@tilleuls.example',
    password: 'la clinique regarde aussi',
    firstName: 'Inès',
    lastName: 'Delorme',
    role: 'portal-viewer',
    locale: 'fr',
    timeZone: here,
    limitedTo: { company: 'Clinique des Tilleuls' },
  },
]

/** Of a small estate without those whose customer is not there. */
export const peopleOf = (customers: readonly Customer[]): readonly Person[] =>
  people.filter(
    ({ limitedTo }) => limitedTo === undefined || 'tag' in limitedTo || customers.some(({ company }) => company === limitedTo.company),
  )
