import css from './charts.module.css'
import { useFills } from './Patterns.tsx'
import { arc } from './scale.ts'

/** Parts of a whole, with the whole in the middle. Its parts are named and counted beside it: the drawing itself says nothing to who listens. */
export function Ring({
  parts,
  total,
  unit,
}: {
  parts: readonly { id: string; tone: number; count: number }[]
  total: string
  unit: string
}) {
  const fills = useFills()
  const sum = Math.max(
    1,
    parts.reduce((all, { count }) => all + count, 0),
  )
  let before = 0
  return (
    <svg className={css.ring} viewBox="-50 -50 100 100" aria-hidden="true">
      {fills.defs}
      {parts.map(({ id, tone, count }) => {
        const d = arc(before / sum, (before += count) / sum, 48, 31)
        const pattern = fills.pattern(tone)
        return (
          <g key={id} className={css.piece}>
            <path d={d} className={fills.colour(tone)} />
            {pattern && <path d={d} fill={pattern} />}
          </g>
        )
      })}
      <text textAnchor="middle" y="3" className={css.ringTotal}>
        {total}
      </text>
      <text textAnchor="middle" y="14" className={css.ringUnit}>
        {unit}
      </text>
    </svg>
  )
}
