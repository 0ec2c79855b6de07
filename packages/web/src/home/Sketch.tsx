import type { Widget } from '../widgets/index.ts'
import css from './Gallery.module.css'

const rows = [0, 1, 2, 3]

/** What kind of picture a widget is, in a few strokes. */
export function Sketch({ of }: { of: Widget['sketch'] }) {
  return (
    <svg className={css.sketch} viewBox="0 0 240 76" preserveAspectRatio="xMidYMid meet" aria-hidden="true">
      {drawn[of]}
    </svg>
  )
}

const bar = (x: number, heights: readonly [number, number]) => (
  <g key={x}>
    <rect className={css.one} x={x} y={64 - heights[0]} width="12" height={heights[0]} />
    <rect className={css.two} x={x} y={63 - heights[0] - heights[1]} width="12" height={heights[1]} />
  </g>
)
const drawn: Record<Widget['sketch'], React.ReactNode> = {
  bars: (
    <>
      <rect className={css.line} x="24" y="64" width="192" height="1" />
      {(
        [
          [14, 4],
          [20, 8],
          [16, 6],
          [30, 9],
          [24, 12],
          [36, 10],
          [28, 14],
          [40, 12],
        ] as const
      ).map((heights, index) => bar(32 + index * 23, heights))}
    </>
  ),
  list: (
    <>
      <rect className={css.strong} x="24" y="10" width="26" height="12" rx="2" />
      <rect className={css.strong} x="64" y="10" width="26" height="12" rx="2" />
      {rows.slice(0, 3).map((row) => (
        <g key={row}>
          <circle className={row === 0 ? css.red : css.amber} cx="29" cy={35 + row * 14} r="4" />
          <rect className={css.line} x="40" y={32 + row * 14} width={104 - row * 16} height="5" rx="2" />
          <rect className={css.one} x="182" y={30 + row * 14} width="34" height="9" rx="3" />
        </g>
      ))}
    </>
  ),
  ranking: rows.map((row) => (
    <g key={row}>
      <rect className={css.line} x="24" y={13 + row * 14} width={72 - row * 7} height="6" rx="2" />
      <rect className={css.one} x="112" y={12 + row * 14} width={72 - row * 16} height="8" />
      <rect className={css.two} x={185 - row * 16} y={12 + row * 14} width={26 - row * 4} height="8" />
    </g>
  )),
  tiles: [0, 1].flatMap((y) =>
    [0, 1].map((x) => (
      <g key={`${x} ${y}`}>
        <rect x={24 + x * 99} y={10 + y * 30} width="93" height="26" rx="4" fill="none" stroke="var(--line-strong)" />
        <rect className={x + y === 0 ? css.red : css.strong} x={32 + x * 99} y={16 + y * 30} width="14" height="7" rx="2" />
        <rect className={css.line} x={32 + x * 99} y={26 + y * 30} width="48" height="4" rx="2" />
      </g>
    )),
  ),
  meter: (
    <>
      <rect className={css.one} x="24" y="14" width="138" height="9" rx="3" />
      <rect className={css.amber} x="164" y="14" width="28" height="9" rx="3" />
      <rect className={css.line} x="194" y="14" width="22" height="9" rx="3" />
      {rows.slice(0, 3).map((row) => (
        <g key={row}>
          <rect className={css.line} x="24" y={34 + row * 13} width={64 - row * 10} height="6" rx="2" />
          <rect className={css.strong} x="200" y={34 + row * 13} width="16" height="6" rx="2" />
        </g>
      ))}
    </>
  ),
  table: rows.map((row) => (
    <g key={row}>
      <rect className={css.line} x="24" y={13 + row * 14} width={84 - row * 9} height="6" rx="2" />
      <rect className={row === 1 ? css.red : css.line} x="160" y={13 + row * 14} width="14" height="6" rx="2" />
      <rect className={row === 2 ? css.amber : css.line} x="202" y={13 + row * 14} width="14" height="6" rx="2" />
    </g>
  )),
}
