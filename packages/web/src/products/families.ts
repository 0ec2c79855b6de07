import type * as z from 'zod'
import type { Family, TreeProduct } from '@vigie/domain/products'

export type TreeEntry = z.infer<typeof TreeProduct>

/** PRD-3, "view by family": families in the order they first appear. */
export function byFamily(products: readonly TreeEntry[]): [Family, TreeEntry[]][] {
  const groups = new Map<Family, TreeEntry[]>()
  for (const entry of products) groups.set(entry.product.family, [...(groups.get(entry.product.family) ?? []), entry])
  return [...groups]
}

/** As people search: case and accents don't matter. */
export const isIn = (text: string, sought: string): boolean => plain(text).includes(plain(sought))
const plain = (text: string) => text.normalize('NFKD').replaceAll(/\p{M}/gu, '').toLowerCase()
