import { GivenTarget } from '@vigie/domain/orders'
import { paths } from '../kit/paths.ts'
import { useGo } from '../kit/address.ts'

/** Longer ones would not fit an address that every proxy lets through. */
const longestText = 1_800
const storagePrefix = 'vigie.order-target.'

/** How a list sends its choice to the page where an order is made: in the address; where that would be too long, kept by this browser tab and named there. */
export function addressOf(target: GivenTarget, type?: string): string {
  const text = JSON.stringify(target)
  if (text.length <= longestText) return paths.newOrder({ target: text, ...(type ? { type } : {}) })
  const key = crypto.randomUUID()
  sessionStorage.setItem(storagePrefix + key, text)
  return paths.newOrder({ kept: key, ...(type ? { type } : {}) })
}

/** Null: none was brought, or it is not one (an address cut short, a tab that forgot). */
export function targetIn(search: Readonly<Record<string, string | undefined>>): GivenTarget | null {
  const text = search['target'] ?? (search['kept'] === undefined ? null : sessionStorage.getItem(storagePrefix + search['kept']))
  if (!text) return null
  try {
    const parsed = GivenTarget.safeParse(JSON.parse(text))
    return parsed.success ? parsed.data : null
  } catch {
    return null
  }
}

/** For other lists' bulk action "Give an order": `order({ kind: 'customers', customerIds })`, or the list's own filter. */
export function useOrder(): (target: GivenTarget, type?: string) => void {
  const go = useGo()
  return (target, type) => void go(addressOf(target, type))
}
