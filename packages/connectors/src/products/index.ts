import type { ProductType } from '@vigie/domain/products'
import { clamavEndpoint } from './clamav-endpoint/index.ts'
import { clamavSiteServer } from './clamav-site-server/index.ts'

export { defineProductType } from './define.ts'

/** The catalogue (PRD-1), in the order "add product" offers it. One folder a type; the folder's name is the id. */
export const productTypes: readonly ProductType[] = [clamavEndpoint, clamavSiteServer]

/** `undefined`: no such type in this version (a row of a newer one): show it by its id, offer nothing. */
export const productTypeById: ReadonlyMap<string, ProductType> = new Map(productTypes.map((type) => [type.id, type]))
