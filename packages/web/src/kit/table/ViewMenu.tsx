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
  return (
    <Menu closeOnItemClick={false}>
      <Menu.Target>
        <IconButton icon="columns" kind="plain" label={say('kit.table.view')} />
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Label>{say('kit.table.columns')}</Menu.Label>
        {columns
          .filter((column) => !column.isMain)
          .map((column) => (
            <Menu.CheckboxItem key={column.id} checked={shape.isShown(column)} onChange={() => shape.toggle(column)}>
              {say(column.label)}
            </Menu.CheckboxItem>
          ))}
        <Menu.Item onClick={shape.reset} leftSection={<Icon name="refresh" size={14} />}>
          {say('kit.table.reset')}
        </Menu.Item>
        <Menu.Divider />
        <Menu.CheckboxItem checked={isAbsolute} onChange={setAbsoluteTimes}>
          {say('kit.table.absolute')}
        </Menu.CheckboxItem>
        {csv && (
          <>
            <Menu.Divider />
            <Menu.Item component="a" href={csv} download leftSection={<Icon name="download" size={14} />}>
              {say('kit.table.csv')}
            </Menu.Item>
            <Menu.Item
              component="a"
              href={`${csv}${csv.includes('?') ? '&' : '?'}format=xlsx`}
              download
              leftSection={<Icon name="download" size={14} />}
            >
              {say('kit.table.xlsx')}
            </Menu.Item>
          </>
        )}
      </Menu.Dropdown>
    </Menu>
  )
}
