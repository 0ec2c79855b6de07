import { productsOverTime as figure } from '@vigie/domain/figures'
import { defineWidget } from '../define.ts'
import { ProductsOverTime } from './ProductsOverTime.tsx'

export const productsOverTime = defineWidget({
  figure,
  sketch: 'bars',
  views: ['chart', 'table'],
  range: '3m',
  isEmpty: (value) => value.bars.every(({ count }) => count === 0),
  View: ProductsOverTime,
})
