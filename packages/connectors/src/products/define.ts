import { ProductType } from '@vigie/domain/products'

/** Declares one entry of the catalogue (PRD-1). Throws at start when it is not a whole one: a wrong catalogue serves nobody. */
export function defineProductType(type: ProductType): ProductType {
  return Object.freeze(ProductType.strict().parse(type))
}
