import { productsApi, type Family } from '@vigie/domain/products'
import { query, type IconName } from '../kit/index.ts'
import type { Speaker } from '../kit/text.tsx'

export const catalogue = query(productsApi.getCatalogue).with({})

/** A type that this console has no texts for yet is called by its id. */
export const typeName = (say: Speaker, typeId: string): string =>
  say.has(`product-type.${typeId}.name`) ? say(`product-type.${typeId}.name`) : typeId
/** With the mark of those that only simulated agents play (decision 32). */
export function typeWords(say: Speaker, typeId: string, types: readonly productsApi.OfferedType[]): string {
  const isSimulated = types.find(({ id }) => id === typeId)?.isSimulated ?? false
  return isSimulated ? `${typeName(say, typeId)} · ${say('product-type.simulated')}` : typeName(say, typeId)
}
export const typeAbout = (say: Speaker, typeId: string): string =>
  say.has(`product-type.${typeId}.about`) ? say(`product-type.${typeId}.about`) : ''

export const familyIcons: Readonly<Record<Family, IconName>> = {
  'endpoint-server': 'server',
  'endpoint-hosted': 'display',
  email: 'mail',
  gateway: 'shield',
  'network-sensor': 'search',
  platform: 'columns',
}
