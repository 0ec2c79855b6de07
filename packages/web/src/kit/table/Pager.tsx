import { useLocation, useRouter } from '@tanstack/react-router'
import { Button } from '../../ui/Button.tsx'
import { resolveHref, useAddress } from '../address.ts'
import { useFormat, useText } from '../text.tsx'
import css from './DataTable.module.css'

/** The API's cursors only go forward; the way back is kept with each entry of the browser's history. */
interface Trail {
  trail?: string[]
}

export function Pager({ count, nextCursor, total }: { count: number; nextCursor: string | null; total: number | undefined }) {
  const say = useText()
  const { number } = useFormat()
  const at = useAddress()
  const router = useRouter()
  const location = useLocation()
  const page = Number(at.search['page'] ?? '1')
  const limit = Number(at.search['limit'] ?? '50')
  const trail = (location.state as Trail).trail ?? []
  if (page === 1 && nextCursor === null && total === undefined && count < 12) return null
  const go = (search: string, nextTrail: string[]) =>
    void router.navigate({ href: resolveHref(search, location), state: { trail: nextTrail } as never })
  const present = at.search['cursor'] ?? ''
  const first = (page - 1) * limit + 1
  return (
    <div className={css.pager}>
      <span className="figures">
        {total === undefined
          ? say('kit.table.range', { first: number(first), last: number(first + count - 1) })
          : say('kit.table.range-of', { first: number(count === 0 ? 0 : first), last: number(first + count - 1), total: number(total) })}
      </span>
      {(page > 1 || nextCursor !== null) && (
        <span className={css.pages}>
          <Button
            size="small"
            icon="chevronLeft"
            disabledReason={page > 1 ? undefined : say('kit.table.is-first')}
            onClick={() => {
              const back = trail.at(-1)
              // A page somebody sent us has no trail: then back means the first.
              if (back === undefined) go('?cursor=&page=', [])
              else go(`?${new URLSearchParams({ cursor: back, page: page > 2 ? String(page - 1) : '' })}`, trail.slice(0, -1))
            }}
          >
            {say(page > 1 && trail.length === 0 ? 'kit.table.first' : 'kit.table.previous')}
          </Button>
          <Button
            size="small"
            disabledReason={nextCursor === null ? say('kit.table.is-last') : undefined}
            onClick={() => go(`?${new URLSearchParams({ cursor: nextCursor ?? '', page: String(page + 1) })}`, [...trail, present])}
          >
            {say('kit.table.next')}
          </Button>
        </span>
      )}
    </div>
  )
}
