import { Menu } from '@mantine/core'
import { viewsApi, type View, type ViewList } from '@vigie/domain/views'
import { Suspense, useEffect, useRef, useState } from 'react'
import { IconButton } from '../../ui/Button.tsx'
import { Icon } from '../../ui/icons.tsx'
import { useActor } from '../actor.ts'
import { useAddress, useGo } from '../address.ts'
import { confirm } from '../confirm.tsx'
import { lazily } from '../lazily.ts'
import { query, useAction, useQuietly } from '../query.ts'
import { useText } from '../text.tsx'
import { toast, trouble } from '../toast.tsx'
import type { Column } from './columns.tsx'
import css from './filters.module.css'
import type { Filter } from './filters.tsx'
import type { TableShape } from './shape.ts'
import { isPlain, openingOf, queryOf, sameQuery } from './views.ts'

const ViewDialog = lazily(() => import('./ViewDialog.tsx'), 'default')

interface Props<Row> {
  list: ViewList
  filters: Filter[]
  shape: TableShape<Row>
  columns: Column<Row>[]
}

/** Views of a list: named filters, order and columns, one's own and those of the business. The one chosen stands in the address. */
export function ViewPicker<Row>({ list, filters, shape }: Props<Row>) {
  const say = useText()
  const at = useAddress()
  const go = useGo()
  const actor = useActor()
  const views = useQuietly(query(viewsApi.listViews).with({ query: { list } }))?.rows
  const updating = useAction(viewsApi.updateView)
  const deleting = useAction(viewsApi.deleteView)
  const preferring = useAction(viewsApi.setDefaultView)
  const [dialog, setDialog] = useState<{ view: View | null } | null>(null)
  const keys = filters.map((filter) => filter.key)
  const present = queryOf(at.search, keys)
  const shown = shape.visible.map((column) => column.id)
  const chosen = views?.find((view) => view.id === at.search['view'])
  const isChanged =
    chosen !== undefined &&
    (!sameQuery(chosen.query, present) || (chosen.columns !== null && chosen.columns.toSorted().join() !== shown.toSorted().join()))

  const open = (view: View, replace = false) => {
    if (view.columns) shape.show(view.columns)
    void go(openingOf(view, at.search, keys), { replace })
  }
  // the view a list opens with, where the address says nothing else; once, so that one can still see everything
  const isOpened = useRef(false)
  useEffect(() => {
    if (views === undefined || isOpened.current) return
    isOpened.current = true
    const first = views.find((view) => view.isDefault)
    if (first && isPlain(at.search, keys)) open(first, true)
    // oxlint-disable-next-line react-hooks/exhaustive-deps -- when the views have come
  }, [views])

  const attempt = async (work: () => Promise<unknown>, done: string, name: string) => {
    try {
      await work()
      toast({ key: done, values: { name } })
    } catch (error) {
      trouble(error)
    }
  }
  const mayShare = !actor.account.role.startsWith('portal-')
  const mine = views?.filter((view) => view.isOwn) ?? []
  const others = views?.filter((view) => !view.isOwn) ?? []
  const item = (view: View) => (
    <Menu.Item
      key={view.id}
      aria-current={view.id === chosen?.id || undefined}
      leftSection={<Icon name={view.id === chosen?.id ? 'check' : 'view'} size={14} />}
      onClick={() => open(view)}
      title={view.isOwn ? undefined : say('kit.view.of', { name: view.owner.name })}
    >
      {view.name}
      {view.isDefault && <span className="faint"> · {say('kit.view.is-default')}</span>}
      {view.isOwn && view.isShared && <span className="faint"> · {say('kit.view.is-shared')}</span>}
    </Menu.Item>
  )
  return (
    <>
      <Menu>
        <Menu.Target>
          {chosen ? (
            <button
              type="button"
              className={`${css.viewName} ${isChanged ? css.isChanged : ''}`}
              title={isChanged ? say('kit.view.changed') : undefined}
            >
              <Icon name="view" size={14} />
              <span>
                {chosen.name}
                {isChanged ? '*' : ''}
              </span>
            </button>
          ) : (
            <IconButton icon="view" kind="plain" label={say('kit.view.title')} />
          )}
        </Menu.Target>
        <Menu.Dropdown className={css.viewMenu ?? ''}>
          <Menu.Label>{say('kit.view.title')}</Menu.Label>
          {views?.length === 0 && <Menu.Label>{say('kit.view.none')}</Menu.Label>}
          {mine.map(item)}
          {others.length > 0 && <Menu.Label>{say('kit.view.shared')}</Menu.Label>}
          {others.map(item)}
          <Menu.Divider />
          {chosen && (
            <Menu.Item
              leftSection={<Icon name="close" size={14} />}
              onClick={() =>
                void go(
                  `?${new URLSearchParams([...keys.map((key) => [key, '']), ['q', ''], ['sort', ''], ['view', ''], ['cursor', ''], ['page', '']])}`,
                )
              }
            >
              {say('kit.view.leave')}
            </Menu.Item>
          )}
          {chosen?.mayChange && isChanged && (
            <Menu.Item
              leftSection={<Icon name="check" size={14} />}
              onClick={() =>
                void attempt(
                  () =>
                    updating.run({ params: { viewId: chosen.id }, body: { query: present, columns: shown } }, { version: chosen.version }),
                  'kit.view.saved',
                  chosen.name,
                )
              }
            >
              {say('kit.view.overwrite', { name: chosen.name })}
            </Menu.Item>
          )}
          <Menu.Item leftSection={<Icon name="plus" size={14} />} onClick={() => setDialog({ view: null })}>
            {say('kit.view.save-as')}
          </Menu.Item>
          {chosen && (
            <Menu.Item
              leftSection={<Icon name="home" size={14} />}
              onClick={() =>
                void attempt(
                  () => preferring.run({ body: { list, viewId: chosen.isDefault ? null : chosen.id } }),
                  chosen.isDefault ? 'kit.view.not-default-now' : 'kit.view.default-now',
                  chosen.name,
                )
              }
            >
              {say(chosen.isDefault ? 'kit.view.unset-default' : 'kit.view.set-default')}
            </Menu.Item>
          )}
          {chosen?.mayChange && (
            <Menu.Item leftSection={<Icon name="edit" size={14} />} onClick={() => setDialog({ view: chosen })}>
              {say('kit.view.rename')}
            </Menu.Item>
          )}
          {chosen?.mayChange && (
            <Menu.Item
              data-dangerous
              leftSection={<Icon name="trash" size={14} />}
              onClick={() =>
                confirm({
                  title: { key: 'kit.view.delete.title', values: { name: chosen.name } },
                  consequence: chosen.isShared ? 'kit.view.delete.shared' : 'kit.view.delete.own',
                  action: 'kit.view.delete',
                  isDangerous: true,
                  run: async () => {
                    await deleting.run({ params: { viewId: chosen.id } })
                    await go('?view=')
                  },
                })
              }
            >
              {say('kit.view.delete')}
            </Menu.Item>
          )}
        </Menu.Dropdown>
      </Menu>
      {dialog && (
        <Suspense>
          <ViewDialog
            list={list}
            view={dialog.view}
            query={present}
            columns={shown}
            mayShare={mayShare}
            close={() => setDialog(null)}
            onSaved={(view) => void go(`?view=${view.id}`, { replace: true })}
          />
        </Suspense>
      )}
    </>
  )
}
