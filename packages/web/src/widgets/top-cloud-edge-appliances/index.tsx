import { topCloudEdgeAppliances as figure } from '@vigie/domain/figures'
import { defineWidget } from '../define.ts'
import { TopCloudEdgeAppliances } from './TopCloudEdgeAppliances.tsx'

export const topCloudEdgeAppliances = defineWidget({
  figure,
  sketch: 'ranking',
  views: [],
  range: '24h',
  isEmpty: (value) => value.appliances.length === 0,
  isGoodWhenEmpty: true,
  View: TopCloudEdgeAppliances,
})
