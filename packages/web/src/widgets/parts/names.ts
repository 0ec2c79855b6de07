import { categories } from '@vigie/domain/categories'
import type { Speaker } from '../../kit/text.tsx'

export const categoryName = (say: Speaker, category: string): string =>
  say.has(`category.${category}`) ? say(`category.${category}`) : category
export const typeName = (say: Speaker, typeId: string): string =>
  say.has(`product-type.${typeId}.name`) ? say(`product-type.${typeId}.name`) : typeId

/** Its place among all categories: the same colour and pattern on every screen (design.md, Charts). */
export const toneOfCategory = (category: string): number => Math.max(0, detected.indexOf(category))
const detected = [
  'antivirus',
  ...categories.map(({ id }) => id).filter((id) => id !== 'antivirus' && id !== 'outbreak-defence'),
  'outbreak-defence',
]

/** Those we run ourselves first, so that what an ordinary estate has never shares a colour. One that is not known here is drawn as the last. */
const types = [
  'clamav-endpoint',
  'clamav-site-server',
  'microsoft-defender',
  'squid-gateway',
  'rspamd',
  'suricata',
  'wfbs-svc',
  'wfbs-s',
  'wfbs-a',
  'hosted-email-security',
  'cloud-edge',
  'threat-discovery',
  'threat-mitigator',
  'vision-one',
]
export const toneOfType = (typeId: string): number => (types.includes(typeId) ? types.indexOf(typeId) : types.length)
