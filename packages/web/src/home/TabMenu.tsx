import { Menu } from '@mantine/core'
import type { DashboardTab } from '@vigie/domain/dashboard'
import { IconButton, useText } from '../kit/index.ts'
import { ActionItems } from '../kit/table/actions.tsx'
import { holdsLastNotifications } from './edit.ts'
import { tabName } from './words.ts'

interface Props {
  tabs: readonly DashboardTab[]
  tab: DashboardTab
  isDefault: boolean
  onColumns(columns: number): void
  onRename(): void
  onStep(by: -1 | 1): void
  onClose(): void
  onReset(): void
}

/** What can be done to the tab that is open, and to all of them. */
export function TabMenu({ tabs, tab, isDefault, onColumns, onRename, onStep, onClose, onReset }: Props) {
  const say = useText()
  const at = tabs.findIndex(({ id }) => id === tab.id)
  const stays =
    tabs.length === 1 ? 'dashboard.tab.is-only' : holdsLastNotifications(tabs, tab.id) ? 'dashboard.tab.holds-notifications' : undefined
  return (
    <Menu position="bottom-end">
      <Menu.Target>
        <IconButton kind="plain" icon="more" label={say('dashboard.tab.menu', { tab: tabName(say, tab) })} />
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Label>{tabName(say, tab)}</Menu.Label>
        {[1, 2, 3].map((columns) => (
          <Menu.CheckboxItem key={columns} checked={tab.columns === columns} onChange={() => onColumns(columns)}>
            {say('dashboard.tab.columns', { count: columns })}
          </Menu.CheckboxItem>
        ))}
        <Menu.Divider />
        <ActionItems
          actions={[
            { label: 'dashboard.tab.rename', icon: 'edit', onSelect: onRename },
            {
              label: 'dashboard.tab.earlier',
              icon: 'chevronLeft',
              disabledReason: at === 0 ? 'dashboard.is-first' : undefined,
              onSelect: () => onStep(-1),
            },
            {
              label: 'dashboard.tab.later',
              icon: 'chevronRight',
              disabledReason: at === tabs.length - 1 ? 'dashboard.is-last' : undefined,
              onSelect: () => onStep(1),
            },
            { label: 'dashboard.tab.close', icon: 'close', disabledReason: stays, onSelect: onClose },
          ]}
        />
        <Menu.Divider />
        <ActionItems
          actions={[
            {
              label: 'dashboard.reset',
              icon: 'refresh',
              isDangerous: true,
              disabledReason: isDefault ? 'dashboard.is-default' : undefined,
              onSelect: onReset,
            },
          ]}
        />
      </Menu.Dropdown>
    </Menu>
  )
}
