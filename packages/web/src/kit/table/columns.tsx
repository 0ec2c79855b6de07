import type { ReactNode } from 'react'
import { Ago } from '../Ago.tsx'
import { CopyText } from '../CopyText.tsx'
import { Link } from '../Link.tsx'
import { AttentionCounts, Severity, StateTag, type Sign } from '../Severity.tsx'
import { useFormat, type Label } from '../text.tsx'

export interface Column<Row> {
  /** Also its name in the address's `sort` where `sort` is true. */
  id: string
  /** Text key; `columns('customers.column')` makes it from the id. Units go in here, not in the cells. */
  label: string
  cell(row: Row): ReactNode
  /** Starting width in px; the person may drag it. Without: it shares what is left. */
  width?: number | undefined
  minWidth: number
  align: 'start' | 'end'
  /** The list can be ordered by it: true, or the name the API gives it. */
  sort?: boolean | string | undefined
  /** The first press puts the newest, the most, the worst on top. */
  isFromTop?: boolean | undefined
  /** Not shown until chosen. */
  isHidden?: boolean | undefined
  /** Can't be hidden; heads the card on a phone. */
  isMain?: boolean | undefined
}
interface Options {
  width?: number
  minWidth?: number
  sort?: boolean | string
  hidden?: boolean
  main?: boolean
  align?: 'start' | 'end'
  fromTop?: boolean
}

/**
 * Column helpers of a screen, outside its component: `const column = columns<Customer>('customers.column')`, then `column.link('company', ...)`.
 * @param prefix the labels are `<prefix>.<id>`
 */
export function columns<Row>(prefix: string) {
  type Get<T> = (row: Row) => T
  const field = (id: string) => (row: Row) => (row as Record<string, unknown>)[id]
  const make = (id: string, cell: Get<ReactNode>, options: Options = {}): Column<Row> => ({
    id,
    label: `${prefix}.${id}`,
    cell,
    width: options.width,
    minWidth: options.minWidth ?? 64,
    align: options.align ?? 'start',
    sort: options.sort,
    isFromTop: options.fromTop,
    isHidden: options.hidden,
    isMain: options.main,
  })
  return {
    /** Anything else. */
    cell: make,
    text: (id: string, get: Get<string | null> = field(id) as Get<string | null>, options?: Options) =>
      make(id, (row) => get(row) || <Dash />, options),
    /** The row's name, and the way to it. */
    link: (id: string, to: Get<string>, options?: Options & { text?: Get<string> }) =>
      make(id, (row) => <Link to={to(row)}>{(options?.text ?? (field(id) as Get<string>))(row)}</Link>, { main: true, ...options }),
    /** A number that counts something links to exactly those rows. */
    count: (id: string, options?: Options & { get?: Get<number>; to?: Get<string> }) =>
      make(id, (row) => <CountCell count={(options?.get ?? (field(id) as Get<number>))(row)} to={options?.to?.(row)} />, {
        align: 'end',
        width: 96,
        fromTop: true,
        ...options,
      }),
    ago: (id: string, options?: Options & { get?: Get<string | null>; freshForSeconds?: Get<number>; never?: string }) =>
      make(
        id,
        (row) => (
          <AgoCell
            at={(options?.get ?? (field(id) as Get<string | null>))(row)}
            freshForSeconds={options?.freshForSeconds?.(row)}
            never={options?.never}
          />
        ),
        { width: 140, fromTop: true, ...options },
      ),
    severity: (id: string, get: Get<Sign>, options?: Options) =>
      make(id, (row) => <Severity sign={get(row)} />, { width: 150, fromTop: true, ...options }),
    attention: (
      id: string,
      get: Get<{ actionRequired: number; warning: number }>,
      options?: Options & { to?: (row: Row, severity: 'action-required' | 'warning') => string },
    ) =>
      make(id, (row) => <AttentionCounts {...get(row)} {...(options?.to ? { to: (severity) => options.to!(row, severity) } : {})} />, {
        width: 130,
        fromTop: true,
        ...options,
      }),
    state: (id: string, get: Get<{ label: Label; tone?: Sign | 'quiet' | 'good'; title?: string }>, options?: Options) =>
      make(id, (row) => <StateTag {...get(row)} />, { width: 150, ...options }),
    /** An identifier: mono, copyable. */
    mono: (id: string, get: Get<string | null> = field(id) as Get<string | null>, options?: Options) =>
      make(
        id,
        (row) => {
          const text = get(row)
          return text ? <CopyText text={text} /> : <Dash />
        },
        { width: 280, ...options },
      ),
  }
}

const Dash = () => (
  <span className="faint" aria-hidden="true" data-nothing="">
    –
  </span>
)

function AgoCell({ at, freshForSeconds, never }: { at: string | null; freshForSeconds: number | undefined; never: string | undefined }) {
  return <Ago at={at} {...(freshForSeconds === undefined ? {} : { freshForSeconds })} {...(never === undefined ? {} : { never })} />
}
function CountCell({ count, to }: { count: number; to: string | undefined }) {
  const { number } = useFormat()
  if (count === 0) return <span className="faint figures">0</span>
  return to ? (
    <Link to={to} className="figures">
      {number(count)}
    </Link>
  ) : (
    <span className="figures">{number(count)}</span>
  )
}
