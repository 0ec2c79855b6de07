import type { ExitName } from './exit-codes.ts'
import type { RunEnd } from './run.ts'

/** What a launched version says to its launcher, over the channel between the two processes. The launcher may be older: words may come, none may change. */
export type LaunchedWord = { kind: 'welcome'; version: string } | { kind: 'upgrading' } | { kind: 'left' }
/** The launcher's only word: what runs is what runs from now on. */
export interface LauncherWord {
  kind: 'confirmed'
}

/** The launched side. Ends with its launcher: two agents on one state folder would be two. */
export function launcherOf(
  self: NodeJS.Process,
  version: string,
  stopping: AbortController,
): { launcher: { onWelcome: () => Promise<void> }; ended: (end: RunEnd) => ExitName } {
  let isConfirmed = false
  self.once('disconnect', () => stopping.abort())
  if (!self.connected) stopping.abort()
  const say = (word: LaunchedWord) => void (self.connected && self.send!(word))
  return {
    launcher: {
      onWelcome: () =>
        new Promise((resolve) => {
          if (isConfirmed) return
          self.on('message', function heard(word: LauncherWord | null) {
            if (word?.kind !== 'confirmed') return
            self.off('message', heard)
            isConfirmed = true
            resolve()
          })
          say({ kind: 'welcome', version })
        }),
    },
    ended: (end) => {
      if (end === 'upgrading' || end === 'left') say({ kind: end })
      if (self.connected) self.disconnect() // after what was said; an open channel would keep the process alive
      return end === 'unregistered' || end === 'left' ? 'unregistered' : 'fine'
    },
  }
}
