import { useRef, type PointerEvent } from 'react'
import { Icon } from '../../ui/icons.tsx'
import { useAddress } from '../address.ts'
import { Link } from '../Link.tsx'
import { useText } from '../text.tsx'
import type { Column } from './columns.tsx'
import css from './DataTable.module.css'
import type { TableShape } from './shape.ts'

interface Props<Row> {
  columns: Column<Row>[]
  shape: TableShape<Row>
  fallbackSort: string | undefined
  hasMenu: boolean
  selection: { isAll: boolean; isSome: boolean; setAll(isOn: boolean): void } | undefined
}

export function Head<Row>({ columns, shape, fallbackSort, hasMenu, selection }: Props<Row>) {
  const say = useText()
  const at = useAddress()
  const sort = at.search['sort'] ?? fallbackSort ?? ''
  return (
    <>
      <colgroup>
        {selection && <col style={{ width: 40 }} />}
        {columns.map((column) => (
          <col key={column.id} style={{ width: shape.width(column) }} />
        ))}
        {hasMenu && <col style={{ width: 44 }} />}
      </colgroup>
      <thead role="rowgroup">
        <tr role="row">
          {selection && (
            <th role="columnheader" className={css.tick} scope="col">
              <input
                type="checkbox"
                aria-label={say('kit.table.select-all')}
                checked={selection.isAll}
                ref={(input) => {
                  if (input) input.indeterminate = selection.isSome && !selection.isAll
                }}
                onChange={(event) => selection.setAll(event.target.checked)}
              />
            </th>
          )}
          {columns.map((column) => {
            const key = column.sort === true ? column.id : column.sort || undefined
            const direction = key === undefined ? undefined : sort === key ? 'ascending' : sort === `-${key}` ? 'descending' : 'none'
            const words = say(column.label)
            return (
              <th
                key={column.id}
                role="columnheader"
                scope="col"
                className={column.align === 'end' ? css.end : undefined}
                aria-sort={direction}
              >
                {key === undefined ? (
                  <span className={css.headWord}>{words}</span>
                ) : (
                  <Link
                    className={css.headWord}
                    to={`?sort=${direction === 'ascending' || (direction === 'none' && column.isFromTop) ? `-${key}` : key}&cursor=&page=`}
                    replace
                  >
                    {words}
                    {direction !== 'none' && <Icon name={direction === 'ascending' ? 'arrowUp' : 'arrowDown'} size={12} />}
                  </Link>
                )}
                <Grip column={column} shape={shape} />
              </th>
            )
          })}
          {hasMenu && (
            <th role="columnheader" scope="col" className={css.menu}>
              <span className="sr-only">{say('kit.table.actions')}</span>
            </th>
          )}
        </tr>
      </thead>
    </>
  )
}

/** The edge one drags; with arrows too. */
function Grip<Row>({ column, shape }: { column: Column<Row>; shape: TableShape<Row> }) {
  const say = useText()
  const from = useRef<{ x: number; width: number } | null>(null)
  const widthNow = (element: Element) => element.closest('th')!.getBoundingClientRect().width
  const begin = (event: PointerEvent<HTMLSpanElement>) => {
    from.current = { x: event.clientX, width: widthNow(event.currentTarget) }
    event.currentTarget.setPointerCapture(event.pointerId)
  }
  const drag = (event: PointerEvent) => {
    if (from.current) shape.resize(column, from.current.width + event.clientX - from.current.x)
  }
  return (
    <span
      className={css.grip}
      role="separator"
      aria-orientation="vertical"
      aria-label={say('kit.table.resize', { column: say(column.label) })}
      aria-valuenow={Math.round(shape.width(column) ?? 160)}
      aria-valuemin={column.minWidth}
      aria-valuemax={1200}
      tabIndex={0}
      onPointerDown={begin}
      onPointerMove={drag}
      onPointerUp={() => {
        from.current = null
      }}
      onKeyDown={(event) => {
        if (event.key !== 'ArrowLeft' && event.key !== 'ArrowRight') return
        event.preventDefault()
        shape.resize(column, widthNow(event.currentTarget) + (event.key === 'ArrowLeft' ? -16 : 16))
      }}
    />
  )
}
