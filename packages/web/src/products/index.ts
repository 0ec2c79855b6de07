export { NetworkTree, treeOf } from './NetworkTree.tsx'
export { catalogue, typeName } from './catalogue.ts'
export { TypeCards } from './TypeCards.tsx'
