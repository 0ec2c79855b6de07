import css from './Skeleton.module.css'
import { useText } from './text.tsx'

/** Grey bars where words will be; they keep the place, so nothing moves when the words come. */
export function Bars({ rows = 3, widths = [62, 88, 74] }: { rows?: number; widths?: number[] }) {
  return (
    <span className={css.bars} aria-hidden="true" data-loading>
      {Array.from({ length: rows }, (_, row) => (
        <span key={row} className={css.bar} style={{ width: `${widths[row % widths.length]}%` }} />
      ))}
    </span>
  )
}

/** Shown while a screen's code and data are on their way, after 150 ms. */
export function PageSkeleton() {
  const say = useText()
  return (
    <div className={css.page} role="status" aria-label={say('kit.loading')} data-loading>
      <span className={css.title} aria-hidden="true" />
      <div className={css.table} aria-hidden="true">
        {Array.from({ length: 9 }, (_, row) => (
          <div key={row} className={css.row}>
            {[22, 14, 30, 12].map((width, cell) => (
              <span key={cell} className={css.bar} style={{ width: `${width - ((row * 3 + cell) % 5)}%` }} />
            ))}
          </div>
        ))}
      </div>
    </div>
  )
}
