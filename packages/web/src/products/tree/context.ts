import type { ProductType } from '@vigie/domain/products'
import { createContext, useContext } from 'react'

interface Tree {
  types: readonly ProductType[]
  /** The one item that Tab reaches. */
  active: string | null
  setActive(key: string): void
  isOpen(key: string, isProduct: boolean): boolean
  toggle(key: string, isProduct: boolean): void
}
export const TreeContext = createContext<Tree | null>(null)
export function useTree(): Tree {
  const tree = useContext(TreeContext)
  if (!tree) throw new Error('a node stands outside the tree')
  return tree
}
