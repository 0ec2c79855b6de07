import { Unreachable } from './api.ts'
import { confirm } from './confirm.tsx'
import { giveUpUnsaved, hasUnsaved, isMissingPart, whenSaved } from './parts.ts'
import { trouble } from './toast.tsx'

const askedEveryMs = 2000
const leastBetweenMs = 60_000
/** Who saves goes on to another screen: its address is the one to load. */
const onTheWayMs = 500
const key = 'vigie.anew'

let underWay: Promise<boolean> | null = null
/**
 * For a part of the console that could not be fetched. Most often the server was upgraded while this page was open, and what it would fetch is there no more under that name: the page is loaded anew, at
 * the same address, once the server answers. Where something typed would be lost it asks first; who stays has it loaded anew once that is saved.
 * @returns false: it was loaded anew for that a moment ago, so this is a fault
 */
export const loadAnew = (): Promise<boolean> => (underWay ??= goOn().finally(() => (underWay = null)))

async function goOn(): Promise<boolean> {
  if (!(await answers())) {
    trouble(new Unreachable('a part of the console could not be fetched'))
    do await new Promise((resolve) => setTimeout(resolve, askedEveryMs))
    while (!(await answers()))
  }
  if (hasUnsaved()) {
    whenSaved(() => setTimeout(() => hasUnsaved() || window.location.reload(), onTheWayMs))
    confirm({
      title: 'kit.anew.title',
      consequence: 'kit.anew.consequence',
      action: 'kit.anew',
      isDangerous: true,
      run: () => {
        giveUpUnsaved()
        window.location.reload()
      },
    })
  } else if (isTooSoon()) return false
  else window.location.reload()
  return true
}

const answers = (): Promise<boolean> =>
  fetch('/', { cache: 'no-store', headers: { accept: 'text/html' } }).then(
    ({ ok }) => ok,
    () => false,
  )

/** Never round and round: at most once a minute for one address. */
function isTooSoon(): boolean {
  try {
    const [href, at] = JSON.parse(sessionStorage.getItem(key) ?? '[]') as [string?, number?]
    if (href === window.location.href && Date.now() - (at ?? 0) < leastBetweenMs) return true
    sessionStorage.setItem(key, JSON.stringify([window.location.href, Date.now()]))
    return false
  } catch {
    return true // a browser that keeps nothing could not tell the second time from the first
  }
}

/** A part of the console. Where it is missing, what is on the screen stays as it is until the page is loaded anew. */
export async function bringPart<Module>(load: () => Promise<Module>): Promise<Module> {
  try {
    return await load()
  } catch (error) {
    if (!isMissingPart(error) || !(await loadAnew())) throw error
    return await new Promise<never>(() => {})
  }
}
