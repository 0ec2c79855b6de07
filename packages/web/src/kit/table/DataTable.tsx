import type { ViewList } from '@vigie/domain/views'
import { useId, useRef, type CSSProperties, type MouseEvent as RowMouseEvent, type PointerEvent, type ReactNode } from 'react'
import { useAddress, useGo } from '../address.ts'
import { Empty } from '../Empty.tsx'
import { useText } from '../text.tsx'
import { BulkBar, RowMenu, type Action } from './actions.tsx'
import type { Column } from './columns.tsx'
import css from './DataTable.module.css'
import { FilterBar, type Filter } from './filters.tsx'
import { Head } from './Head.tsx'
import { Pager } from './Pager.tsx'
import { useShape } from './shape.ts'
import { useRowKeys } from './useRowKeys.ts'
import { useRowWindow } from './useRowWindow.ts'
import { useSelection, type Matches } from './useSelection.ts'
import { ViewMenu } from './ViewMenu.tsx'
import { ViewPicker } from './ViewPicker.tsx'

interface Props<Row> {
  /** Names the table for those who listen, and its remembered columns. A text key. */
  name: string
  rows: readonly Row[]
  rowId?: (row: Row) => string
  columns: Column<Row>[]
  /** From a list's reply: spread `{...useLoaded(list)}`. */
  nextCursor?: string | null
  total?: number | undefined
  isRefreshing?: boolean
  updatedAt?: number
  /** The list's own order when the address names none, as the API says it: `company`, `-lastRaisedAt`. */
  sort?: string
  filters?: Filter[]
  /** Text key of the search field; without it there is none. */
  search?: string
  /** What may be done with one row, in its menu. An empty list: no menu. */
  actions?: (row: Row) => Action[]
  /** What may be done with several; brings the boxes to tick. `ids`: all that are chosen, also on other pages where the list has `matches`. */
  bulk?: (rows: Row[], ids: readonly string[], clear: () => void) => Action[]
  /** Ids of all that match the filters: then all can be chosen at once, and the choice outlives the page. */
  matches?: () => Promise<Matches>
  /** Which list's views are offered for saving and choosing. */
  views?: ViewList
  /** Enter or a click on the row: an address, or `?event=<id>` for a side panel. */
  opens?: (row: Row) => string
  /** The row that a side panel shows now. */
  openId?: string | undefined
  /** Address of the CSV of exactly these rows (`csvOf`); a function gets the columns shown. */
  csv?: string | ((columns: readonly string[]) => string) | undefined
  empty?: ReactNode
  /** Beside search and filters. */
  tools?: ReactNode
}

/** What a cell has no room for is told by its title. */
function tellCut({ target }: PointerEvent): void {
  const cell = (target as Element).closest('td')
  if (cell) cell.title = cell.scrollWidth > cell.clientWidth ? cell.innerText : ''
}

export function DataTable<Row>(props: Props<Row>) {
  const { name, rows, columns, filters = [], search, actions, bulk, opens, openId, isRefreshing = false } = props
  const rowId = props.rowId ?? ((row: Row) => (row as { id: string }).id)
  const say = useText()
  const at = useAddress()
  const go = useGo()
  const tableId = useId()
  const shape = useShape(name, columns)
  const scroller = useRef<HTMLDivElement>(null)
  const isFiltered = filters.some((filter) => at.search[filter.key]) || Boolean(search && at.search['q'])

  const csv = typeof props.csv === 'function' ? props.csv(shape.visible.map((column) => column.id)) : props.csv
  const filter = new URLSearchParams(
    [...filters.map(({ key }) => key), 'q'].flatMap((key) => (at.search[key] ? [[key, at.search[key]]] : [])),
  ).toString()
  const selection = useSelection({
    ids: rows.map(rowId),
    hasMore: (props.nextCursor ?? null) !== null || Boolean(at.search['cursor']),
    filter,
    matches: props.matches,
  })
  const sight = useRowWindow(scroller, rows.length)
  const open = (row: Row) => opens && void go(opens(row))
  const keys = useRowKeys({
    tableId,
    count: rows.length,
    open: (index) => rows[index] !== undefined && open(rows[index]),
    toggle: (index, isRange) => bulk && selection.toggle(index, isRange),
    reveal: (index) => sight.reveal(index),
  })

  const hasMenu = actions !== undefined && rows.some((row) => actions(row).length > 0)
  const span = shape.visible.length + (bulk ? 1 : 0) + (hasMenu ? 1 : 0)

  // Below this it scrolls sideways: a column that shares what is left must not vanish on a narrow window.
  const leastWidth = shape.visible.reduce(
    (sum, column) => sum + (shape.width(column) ?? Math.max(column.minWidth, 180)),
    (bulk ? 40 : 0) + (hasMenu ? 44 : 0),
  )

  const clickRow = (event: RowMouseEvent, row: Row, index: number) => {
    if ((event.target as HTMLElement).closest('a, button, input, label, [role="menu"]') || window.getSelection()?.toString()) return
    keys.setActive(index)
    open(row)
  }

  return (
    <div className={css.frame} data-refreshing={isRefreshing || undefined}>
      {(filters.length > 0 || search || props.tools || csv || props.views) && (
        <div className={css.bar}>
          <FilterBar filters={filters} search={search} />
          {props.tools}
          {props.views && <ViewPicker list={props.views} filters={filters} shape={shape} columns={columns} />}
          <ViewMenu shape={shape} columns={columns} csv={csv} />
        </div>
      )}
      {rows.length === 0 ? (
        <div className={css.none}>
          {isFiltered ? (
            <Empty title="kit.table.no-match" about="kit.table.no-match.about" />
          ) : (
            (props.empty ?? <Empty title="kit.table.empty" />)
          )}
        </div>
      ) : (
        <div className={css.scroller} ref={scroller} data-table={tableId} tabIndex={-1}>
          <table
            className={css.table}
            style={{ '--least-width': `${leastWidth}px` } as CSSProperties}
            role="table"
            onPointerOver={tellCut}
            aria-label={say(name)}
            aria-rowcount={sight.isOn ? rows.length + 1 : undefined}
            aria-busy={isRefreshing}
          >
            <Head
              columns={shape.visible}
              shape={shape}
              fallbackSort={props.sort}
              hasMenu={hasMenu}
              selection={bulk && { isAll: selection.isPageWhole, isSome: selection.isSome, setAll: selection.setPage }}
            />
            <tbody role="rowgroup">
              {sight.above > 0 && (
                <tr aria-hidden="true" role="presentation">
                  <td colSpan={span} style={{ height: sight.above, padding: 0 }} />
                </tr>
              )}
              {rows.slice(sight.first, sight.first + sight.drawn).map((row, offset) => {
                const index = sight.first + offset
                const id = rowId(row)
                return (
                  <tr
                    key={id}
                    role="row"
                    data-row={index}
                    tabIndex={-1}
                    className={css.row}
                    data-active={keys.active === index || undefined}
                    data-opens={opens ? true : undefined}
                    data-open={openId === id || undefined}
                    data-selected={(bulk && selection.isSelected(id)) || undefined}
                    aria-rowindex={sight.isOn ? index + 2 : undefined}
                    aria-selected={bulk ? selection.isSelected(id) : undefined}
                    onClick={(event) => clickRow(event, row, index)}
                  >
                    {bulk && (
                      <td role="cell" className={css.tick}>
                        <input
                          type="checkbox"
                          checked={selection.isSelected(id)}
                          aria-label={say('kit.table.select-row')}
                          onChange={(event) => selection.toggle(index, (event.nativeEvent as MouseEvent).shiftKey)}
                        />
                      </td>
                    )}
                    {shape.visible.map((column) => (
                      <td
                        key={column.id}
                        role="cell"
                        className={`${column.align === 'end' ? css.end : ''} ${column.isMain ? css.main : ''}`}
                        data-label={say(column.label)}
                      >
                        {column.cell(row)}
                      </td>
                    ))}
                    {hasMenu && (
                      <td role="cell" className={css.menu}>
                        <RowMenu actions={actions!(row)} />
                      </td>
                    )}
                  </tr>
                )
              })}
              {sight.below > 0 && (
                <tr aria-hidden="true" role="presentation">
                  <td colSpan={span} style={{ height: sight.below, padding: 0 }} />
                </tr>
              )}
            </tbody>
          </table>
        </div>
      )}
      <Pager count={rows.length} nextCursor={props.nextCursor ?? null} total={props.total} />
      {bulk && selection.ids.length > 0 && (
        <BulkBar
          count={selection.ids.length}
          actions={bulk(
            rows.filter((row) => selection.isSelected(rowId(row))),
            selection.ids,
            selection.clear,
          )}
          clear={selection.clear}
          {...(selection.offer ? { offer: { ...selection.offer, take: selection.takeAll } } : {})}
        />
      )}
    </div>
  )
}
