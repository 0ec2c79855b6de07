/** What failed because a file of the console could not be fetched: told apart from a fault of its code. */
const missing = new WeakSet<Error>()
export const isMissingPart = (error: unknown): boolean => error instanceof Error && missing.has(error)

/** Once, before anything is fetched. */
export function watchParts(): void {
  window.addEventListener('vite:preloadError', (event) => missing.add(event.payload))
}

/** Forms with something typed that is not saved. */
const unsaved = new Set<object>()
let isGivenUp = false
let afterLast = () => {}
/** What is typed in them would be lost, and nobody said that it may. */
export const hasUnsaved = (): boolean => unsaved.size > 0 && !isGivenUp
export const giveUpUnsaved = () => void (isGivenUp = true)
/** @param run once, when the last of them is saved or left */
export const whenSaved = (run: () => void) => void (afterLast = run)
/** @returns how to let go */
export function holdUnsaved(): () => void {
  const one = {}
  unsaved.add(one)
  return () => {
    unsaved.delete(one)
    if (unsaved.size === 0) afterLast()
  }
}
