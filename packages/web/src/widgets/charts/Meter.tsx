import css from './charts.module.css'
import { useFills } from './Patterns.tsx'
import { useSize } from './useSize.ts'

/** One bar of parts, as long as its sum is of the longest (`most`). A decoration of numbers that stand beside it. */
export function Meter({ parts, most }: { parts: readonly { id: string; tone: number; count: number }[]; most: number }) {
  const fills = useFills()
  const [box, { width }] = useSize<HTMLDivElement>()
  let x = 0
  return (
    <div ref={box} className={css.meter} aria-hidden="true">
      {width > 0 && (
        <svg width={width} height={10}>
          {fills.defs}
          {parts.map(({ id, tone, count }) => {
            if (count === 0) return null
            const rect = { x, y: 0, width: Math.max(2, (count / Math.max(1, most)) * width - 1), height: 10 }
            x += rect.width + 1
            const pattern = fills.pattern(tone)
            return (
              <g key={id}>
                <rect {...rect} className={fills.colour(tone)} />
                {pattern && <rect {...rect} fill={pattern} />}
              </g>
            )
          })}
        </svg>
      )}
    </div>
  )
}
