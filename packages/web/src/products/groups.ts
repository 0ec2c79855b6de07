import type { Speaker } from '../kit/text.tsx'

/** A default group in the reader's language; one that somebody named, as it is named. */
export const groupWord = (say: Speaker, group: { name: string; label: string | null }): string =>
  group.label ?? (say.has(`group.${group.name}`) ? say(`group.${group.name}`) : group.name)
