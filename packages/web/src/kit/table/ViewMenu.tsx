import { Menu } from '@mantine/core'
import { IconButton } from '../../ui/Button.tsx'
import { Icon } from '../../ui/icons.tsx'
import { setAbsoluteTimes, useAbsoluteTimes } from '../Ago.tsx'
import { useText } from '../text.tsx'
import type { Column } from './columns.tsx'
import type { TableShape } from './shape.ts'

/** Columns, times, export: how one looks at the list. */
export function ViewMenu<Row>({ shape, columns, csv }: { shape: TableShape<Row>; columns: Column<Row>[]; csv: string | undefined }) {
  const say = useText()
  const isAbsolute = useAbsoluteTimes()
  const mark = (isOn: boolean) => (isOn ? <Icon name="check" size={14} /> : <span style={{ width: 14 }} />)
  return (
    <Menu closeOnItemClick={false}>
      <Menu.Target>
        <IconButton icon="columns" kind="plain" label={say('kit.table.view')} />
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Label>{say('kit.table.columns')}</Menu.Label>
        {columns.filter((column) => !column.isMain).map((column) => (
          <Menu.Item key={column.id} role="menuitemcheckbox" aria-checked={shape.isShown(column)} rightSection={mark(shape.isShown(column))} onClick={() => shape.toggle(column)}>
            {say(column.label)}
          </Menu.Item>
        ))}
        <Menu.Item onClick={shape.reset} leftSection={<Icon name="refresh" size={14} />}>{say('kit.table.reset')}</Menu.Item>
        <Menu.Divider />
        <Menu.Item role="menuitemcheckbox" aria-checked={isAbsolute} rightSection={mark(isAbsolute)} onClick={() => setAbsoluteTimes(!isAbsolute)}>{say('kit.table.absolute')}</Menu.Item>
        {csv && (
          <>
            <Menu.Divider />
            <Menu.Item component="a" href={csv} download leftSection={<Icon name="download" size={14} />}>{say('kit.table.csv')}</Menu.Item>
          </>
        )}
      </Menu.Dropdown>
    </Menu>
  )
}
