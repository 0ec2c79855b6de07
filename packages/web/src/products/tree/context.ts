import type { Endpoint, productsApi } from '@vigie/domain/products'
import { createContext, useContext } from 'react'
import type { TreeEntry } from '../families.ts'

type Group = TreeEntry['groups'][number]
/** What stands over the tree until it is done. */
export type Asked =
  | { kind: 'add-group'; entry: TreeEntry }
  | { kind: 'rename-group'; entry: TreeEntry; group: Group }
  | { kind: 'move'; entry: TreeEntry; from: { group: Group } | { endpoint: Endpoint } }
  | { kind: 'rename-product'; entry: TreeEntry }

interface Tree {
  types: readonly productsApi.OfferedType[]
  entries: readonly TreeEntry[]
  /** The one item that Tab reaches. */
  active: string | null
  setActive(id: string): void
  toggle(id: string): void
  ask(what: Asked): void
}
export const TreeContext = createContext<Tree | null>(null)
export function useTree(): Tree {
  const tree = useContext(TreeContext)
  if (!tree) throw new Error('a node stands outside the tree')
  return tree
}
