import { Menu } from '@mantine/core'
import { useEffect, useSyncExternalStore } from 'react'
import { useText } from '../kit/text.tsx'
import { dropUndo, forget, subscribe, undoings } from '../kit/undoing.ts'
import { IconButton } from '../ui/Button.tsx'

/** What one did to many in the last ten minutes, each to be taken back (EVT-4). Not there while there is nothing. */
export function UndoMenu() {
  const say = useText()
  const kept = useSyncExternalStore(subscribe, undoings)
  const soonestMs = Math.min(...kept.map(({ untilMs }) => untilMs))
  useEffect(() => {
    if (!Number.isFinite(soonestMs)) return
    const timer = setTimeout(() => forget(Date.now()), Math.max(0, soonestMs - Date.now()) + 50)
    return () => clearTimeout(timer)
  }, [soonestMs])
  if (kept.length === 0) return null
  return (
    <Menu>
      <Menu.Target>
        <IconButton icon="undo" label={say('shell.undo')} />
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Label>{say('shell.undo')}</Menu.Label>
        {kept.map((one) => (
          <Menu.Item
            key={one.id}
            onClick={() => {
              dropUndo(one.id)
              one.run()
            }}
          >
            {say('shell.undo.one', { what: say(one.label) })}
          </Menu.Item>
        ))}
      </Menu.Dropdown>
    </Menu>
  )
}
