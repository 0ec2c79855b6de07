interface Counted {
  /** ms since 1970; 0: never. */
  updatedAt: number
  hasFailed: boolean
}

/**
 * Since when the numbers on the screen are not those of now (ms since 1970); null: they are. The line may be lost, an answer may have failed, or nothing came for too long, whatever the reason: a
 * wall never shows an old number as if it were a new one.
 */
export function lostSince(
  figures: readonly Counted[],
  live: 'connecting' | 'live' | 'lost',
  now: number,
  lostAfterMs: number,
): number | null {
  const shown = figures.filter(({ updatedAt }) => updatedAt > 0)
  if (shown.length === 0) return null
  const oldest = Math.min(...shown.map(({ updatedAt }) => updatedAt))
  const isOld = now - oldest > lostAfterMs
  return live === 'lost' || shown.some(({ hasFailed }) => hasFailed) || isOld ? oldest : null
}

/** How much larger than on a desk everything is drawn: a wall is read from across a room, and the smaller side decides. @param width of the window, px */
export const wallZoom = (width: number, height: number): number =>
  width < 900 ? 1 : Math.max(1.1, Math.min(2.6, width / 1400, height / 760))
