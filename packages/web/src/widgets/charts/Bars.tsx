import { useState, type KeyboardEvent } from 'react'
import { useFormat, useGo, useText } from '../../kit/index.ts'
import css from './charts.module.css'
import { Swatch, useFills } from './Patterns.tsx'
import { labelled, ticks, widthOf } from './scale.ts'
import { useSize } from './useSize.ts'

export interface Series {
  id: string
  name: string
  tone: number
  counts: readonly number[]
}
export interface Bucket {
  /** Under the bar, short. */
  label: string
  /** In full, for who points at it or listens. */
  title: string
  /** The way to its rows; null: there are none to show. */
  to: string | null
  /** Something to know about this bar, beside its numbers. */
  note?: string | undefined
}

const left = 40
const bottom = 22
const top = 10

/**
 * Stacked bars from zero. One stop of the keyboard: arrows go from bar to bar and each is said in words, Enter opens its rows. The same as a table is one press away (the widget's switch).
 */
export function Bars({
  label,
  buckets,
  series,
  isSideBySide = false,
}: {
  label: string
  buckets: readonly Bucket[]
  series: readonly Series[]
  /** Compared, not added up: each series stands from zero beside the others, and there is no sum. */
  isSideBySide?: boolean
}) {
  const say = useText()
  const { number } = useFormat()
  const go = useGo()
  const fills = useFills()
  const [box, { width, height }] = useSize<HTMLDivElement>()
  const [at, setAt] = useState<number | null>(null)
  const shown = at === null ? null : Math.min(at, buckets.length - 1)
  const totals = buckets.map((_, index) => series.reduce((sum, one) => sum + (one.counts[index] ?? 0), 0))
  const highs = isSideBySide ? series.flatMap(({ counts }) => counts) : totals
  const scale = ticks(Math.max(0, ...highs), height < 150 ? 2 : 4)
  const highest = scale.at(-1)!
  const plotWidth = Math.max(0, width - left - 4)
  const plotHeight = Math.max(0, height - top - bottom)
  const slot = plotWidth / Math.max(1, buckets.length)
  const thick = Math.max(2, Math.min(44, slot - Math.max(2, slot * 0.28)))
  const y = (count: number) => top + plotHeight * (1 - count / highest)
  const written = labelled(buckets.length, plotWidth, Math.max(34, ...buckets.map((bucket) => widthOf(bucket.label) + 10)))
  const named = (shownOnes: readonly Series[], index: number) =>
    shownOnes.map((one) => `${one.name} ${number(one.counts[index] ?? 0)}`).join(', ')
  const sumOf = (index: number) =>
    `${number(totals[index]!)}${
      series.length > 1
        ? ` (${named(
            series.filter((one) => one.counts[index]! > 0),
            index,
          )})`
        : ''
    }`
  const words = (index: number) =>
    `${buckets[index]!.title}: ${isSideBySide ? named(series, index) : sumOf(index)}${buckets[index]!.note ? `. ${buckets[index]!.note}` : ''}`
  const open = (index: number) => {
    const to = buckets[index]?.to
    if (to) void go(to)
  }
  const onKey = (event: KeyboardEvent) => {
    const steps: Record<string, number> = {
      ArrowLeft: -1,
      ArrowDown: -1,
      ArrowRight: 1,
      ArrowUp: 1,
      Home: -buckets.length,
      End: buckets.length,
    }
    if (event.key in steps)
      setAt(Math.max(0, Math.min(buckets.length - 1, (shown ?? buckets.length - (steps[event.key]! > 0 ? 2 : 0)) + steps[event.key]!)))
    else if (event.key === 'Enter' && shown !== null) open(shown)
    else if (event.key === 'Escape' && shown !== null) setAt(null)
    else return
    event.preventDefault()
    event.stopPropagation()
  }
  return (
    <div
      ref={box}
      className={css.bars}
      role="slider"
      aria-label={label}
      aria-orientation="horizontal"
      aria-valuemin={0}
      aria-valuemax={Math.max(0, buckets.length - 1)}
      aria-valuenow={shown ?? Math.max(0, buckets.length - 1)}
      aria-valuetext={buckets.length === 0 ? '' : words(shown ?? buckets.length - 1)}
      aria-roledescription={say('widgets.chart')}
      tabIndex={0}
      onKeyDown={onKey}
      onBlur={() => setAt(null)}
      onPointerLeave={() => setAt(null)}
    >
      {width > 0 && height > 0 && (
        <svg width={width} height={height} aria-hidden="true">
          {fills.defs}
          {scale.map((tick) => (
            <g key={tick}>
              <line x1={left} x2={width - 4} y1={y(tick)} y2={y(tick)} className={tick === 0 ? css.base : css.grid} />
              <text x={left - 8} y={y(tick) + 4} textAnchor="end" className={css.axis}>
                {number(tick)}
              </text>
            </g>
          ))}
          {buckets.map((bucket, index) => {
            const x = left + slot * index
            let sum = 0
            return (
              <g
                key={index}
                className={css.slot}
                data-shown={shown === index || undefined}
                data-link={bucket.to !== null || undefined}
                onPointerEnter={() => setAt(index)}
                onClick={() => open(index)}
              >
                <rect x={x} y={top} width={slot} height={plotHeight + bottom} className={css.hit} />
                {series.map((one, place) => {
                  const count = one.counts[index] ?? 0
                  if (count <= 0) return null
                  const [from, until] = isSideBySide ? [y(0), y(count)] : [y(sum), y((sum += count))]
                  const each = isSideBySide ? thick / series.length : thick
                  const rect = {
                    x: x + (slot - thick) / 2 + (isSideBySide ? place * each : 0),
                    y: until,
                    width: isSideBySide ? Math.max(1, each - 1) : each,
                    height: Math.max(1, from - until),
                  }
                  const pattern = fills.pattern(one.tone)
                  return (
                    <g key={one.id}>
                      <rect {...rect} className={fills.colour(one.tone)} data-estimated={bucket.note !== undefined || undefined} />
                      {pattern && <rect {...rect} fill={pattern} />}
                    </g>
                  )
                })}
                {written.has(index) && (
                  <text
                    x={Math.min(x + slot / 2, width - 2 - widthOf(bucket.label) / 2)}
                    y={height - 6}
                    textAnchor="middle"
                    className={css.axis}
                  >
                    {bucket.label}
                  </text>
                )}
              </g>
            )
          })}
        </svg>
      )}
      {shown !== null && (
        <div
          className={css.tip}
          data-side={shown > buckets.length / 2 ? 'start' : 'end'}
          style={{ insetInlineStart: left + slot * (shown + 0.5) }}
          aria-hidden="true"
        >
          <strong>{buckets[shown]!.title}</strong>
          {series.map(
            (one) =>
              (one.counts[shown]! > 0 || series.length === 1 || isSideBySide) && (
                <span key={one.id}>
                  <Swatch tone={one.tone} />
                  {one.name}
                  <b className="figures">{number(one.counts[shown] ?? 0)}</b>
                </span>
              ),
          )}
          {series.length > 1 && !isSideBySide && (
            <span className={css.sum}>
              {say('widgets.sum')}
              <b className="figures">{number(totals[shown]!)}</b>
            </span>
          )}
          {buckets[shown]!.note && <em>{buckets[shown]!.note}</em>}
        </div>
      )}
    </div>
  )
}
