import { Menu } from '@mantine/core'
import { heights, type PlacedWidget } from '@vigie/domain/dashboard'
import { IconButton, useText } from '../kit/index.ts'
import { ActionItems } from '../kit/table/actions.tsx'

interface Props {
  widget: PlacedWidget
  title: string
  columns: number
  isFirst: boolean
  isLast: boolean
  stays: boolean
  others: readonly { id: string; name: string; isFull: boolean }[]
  onStep(by: -1 | 1): void
  onSend(tabId: string): void
  onResize(size: Partial<Pick<PlacedWidget, 'span' | 'height'>>): void
  onHelp(): void
  onClose(): void
}

/** All that can be done to a widget, by keyboard too. */
export function WidgetMenu({ widget, title, columns, isFirst, isLast, stays, others, onStep, onSend, onResize, onHelp, onClose }: Props) {
  const say = useText()
  const span = Math.min(widget.span, columns)
  return (
    <Menu position="bottom-end">
      <Menu.Target>
        <IconButton size="small" icon="more" label={say('dashboard.widget.menu', { widget: title })} />
      </Menu.Target>
      <Menu.Dropdown>
        <ActionItems
          actions={[
            {
              label: 'dashboard.widget.earlier',
              icon: 'arrowUp',
              disabledReason: isFirst ? 'dashboard.is-first' : undefined,
              onSelect: () => onStep(-1),
            },
            {
              label: 'dashboard.widget.later',
              icon: 'arrowDown',
              disabledReason: isLast ? 'dashboard.is-last' : undefined,
              onSelect: () => onStep(1),
            },
            ...(columns > 1
              ? [
                  {
                    label: 'dashboard.widget.wider',
                    icon: 'wider' as const,
                    disabledReason: span >= columns ? 'dashboard.widget.is-widest' : undefined,
                    onSelect: () => onResize({ span: span + 1 }),
                  },
                  {
                    label: 'dashboard.widget.narrower',
                    icon: 'narrower' as const,
                    disabledReason: span <= 1 ? 'dashboard.widget.is-narrowest' : undefined,
                    onSelect: () => onResize({ span: span - 1 }),
                  },
                ]
              : []),
            {
              label: 'dashboard.widget.taller',
              icon: 'chevronDown',
              disabledReason: widget.height >= heights.most ? 'dashboard.widget.is-tallest' : undefined,
              onSelect: () => onResize({ height: widget.height + 1 }),
            },
            {
              label: 'dashboard.widget.shorter',
              icon: 'chevronUp',
              disabledReason: widget.height <= heights.least ? 'dashboard.widget.is-shortest' : undefined,
              onSelect: () => onResize({ height: widget.height - 1 }),
            },
          ]}
        />
        {others.length > 0 && <Menu.Label>{say('dashboard.widget.send')}</Menu.Label>}
        <ActionItems
          actions={others.map(({ id, name, isFull }) => ({
            label: { text: name },
            icon: 'chevronRight',
            disabledReason: isFull ? 'dashboard.tab.is-full' : undefined,
            onSelect: () => onSend(id),
          }))}
        />
        <Menu.Divider />
        <ActionItems
          actions={[
            { label: 'dashboard.widget.help', icon: 'help', onSelect: onHelp },
            {
              label: 'dashboard.widget.close',
              icon: 'close',
              disabledReason: stays ? 'problem.dashboard.needs-notifications' : undefined,
              onSelect: onClose,
            },
          ]}
        />
      </Menu.Dropdown>
    </Menu>
  )
}
