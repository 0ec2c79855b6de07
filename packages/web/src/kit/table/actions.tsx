import { Menu, Tooltip } from '@mantine/core'
import { Button, IconButton } from '../../ui/Button.tsx'
import { Icon, type IconName } from '../../ui/icons.tsx'
import { useText, type Label, labelKey } from '../text.tsx'
import css from './DataTable.module.css'

/** Not allowed: leave it out (ACC-2). Allowed but impossible now: in, with the reason (AGT-3). */
export interface Action {
  label: Label
  icon?: IconName
  /** Text key or words. */
  disabledReason?: Label | undefined
  isDangerous?: boolean
  onSelect(): void
}

export function ActionItems({ actions }: { actions: Action[] }) {
  const say = useText()
  return actions.map((action) => {
    const item = (
      <Menu.Item
        key={labelKey(action.label)}
        aria-disabled={action.disabledReason !== undefined || undefined}
        closeMenuOnClick={action.disabledReason === undefined}
        data-dangerous={action.isDangerous || undefined}
        leftSection={action.icon && <Icon name={action.icon} />}
        onClick={() => action.disabledReason === undefined && action.onSelect()}
      >
        {say(action.label)}
      </Menu.Item>
    )
    return action.disabledReason === undefined ? (
      item
    ) : (
      <Tooltip key={labelKey(action.label)} label={say(action.disabledReason)} position="left">
        {item}
      </Tooltip>
    )
  })
}

export function RowMenu({ actions, label = 'kit.table.row-actions' }: { actions: Action[]; label?: Label }) {
  const say = useText()
  if (actions.length === 0) return null
  return (
    <Menu>
      <Menu.Target>
        <IconButton icon="more" size="small" label={say(label)} />
      </Menu.Target>
      <Menu.Dropdown>
        <ActionItems actions={actions} />
      </Menu.Dropdown>
    </Menu>
  )
}

/** Several actions of a page behind one button. */
export function ActionMenu({ label, actions }: { label: Label; actions: Action[] }) {
  const say = useText()
  if (actions.length === 0) return null
  return (
    <Menu>
      <Menu.Target>
        <Button>
          {say(label)}
          <Icon name="chevronDown" size={12} style={{ marginInlineStart: 4, verticalAlign: -1 }} />
        </Button>
      </Menu.Target>
      <Menu.Dropdown>
        <ActionItems actions={actions} />
      </Menu.Dropdown>
    </Menu>
  )
}

interface BulkProps {
  count: number
  actions: Action[]
  clear(): void
  /** All that match the filters, while more than those chosen do. */
  offer?: { ids: readonly string[]; total: number; take(): void }
}
export function BulkBar({ count, actions, clear, offer }: BulkProps) {
  const say = useText()
  return (
    <div className={css.bulk} role="region" aria-label={say('kit.table.selection')}>
      <span className="figures" role="status">
        {say('kit.table.selected', { count })}
      </span>
      {offer && (
        <Button size="small" kind="quiet" onClick={offer.take}>
          {offer.ids.length < offer.total
            ? say('kit.table.select-first', { count: offer.ids.length, total: offer.total })
            : say('kit.table.select-matches', { count: offer.total })}
        </Button>
      )}
      {actions.map((action) => (
        <Button
          key={labelKey(action.label)}
          size="small"
          {...(action.icon ? { icon: action.icon } : {})}
          kind={action.isDangerous ? 'danger' : 'plain'}
          disabledReason={action.disabledReason === undefined ? undefined : say(action.disabledReason)}
          onClick={action.onSelect}
        >
          {say(action.label)}
        </Button>
      ))}
      <IconButton icon="close" size="small" label={say('kit.table.clear-selection')} onClick={clear} />
    </div>
  )
}
