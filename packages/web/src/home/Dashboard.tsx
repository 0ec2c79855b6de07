import { dashboardApi, mostTabs, widgetKind } from '@vigie/domain/dashboard'
import { useState } from 'react'
import { Button, confirm, Icon, IconButton, lazily, Part, queryClient, toast, useAction, useAddress, useGo, useText } from '../kit/index.ts'
import css from './dashboard.module.css'
import * as edit from './edit.ts'
import { Grid } from './Grid.tsx'
import { TabBar } from './TabBar.tsx'
import { TabMenu } from './TabMenu.tsx'
import { layout, useLayout } from './useLayout.ts'
import { newPartId, tabName } from './words.ts'

const Gallery = lazily(() => import('./Gallery.tsx'), 'Gallery')
const TabDialog = lazily(() => import('./TabDialog.tsx'), 'TabDialog')
const Wall = lazily(() => import('./Wall.tsx'), 'Wall')

/** Seconds a tab stays on a wall. */
const wallSeconds = 30

/** DSH-1: one's tabs of widgets. The tab shown stands in the address. */
export function Dashboard() {
  const say = useText()
  const at = useAddress()
  const go = useGo()
  const { tabs, change, isDefault, version } = useLayout()
  const resetting = useAction(dashboardApi.resetDashboard)
  const [dialog, setDialog] = useState<'gallery' | 'add' | 'rename' | null>(null)
  const [said, announce] = useState('')
  const tab = tabs.find(({ id }) => id === at.search['tab']) ?? tabs[0]!

  const closeTab = () => {
    const index = tabs.indexOf(tab)
    change((now) => edit.closeTab(now, tab.id))
    void go(`?tab=${tabs[index + 1]?.id ?? tabs[index - 1]?.id ?? ''}`, { replace: true })
    toast(
      { key: 'dashboard.tab.closed', values: { tab: tabName(say, tab) } },
      {
        run: () => {
          change((now) => edit.restoreTab(now, tab, index))
          void go(`?tab=${tab.id}`, { replace: true })
        },
      },
    )
  }
  const reset = () =>
    confirm({
      title: 'dashboard.reset.title',
      consequence: 'dashboard.reset.consequence',
      undo: 'dashboard.reset.undo',
      action: 'dashboard.reset',
      isDangerous: true,
      run: async () => {
        queryClient.setQueryData(layout.queryKey, await resetting.run({}, { version }))
        await go('?tab=', { replace: true })
      },
    })
  const wall = () => {
    // must be asked for in the press itself; where it is refused, the wall fills the window
    void document.documentElement.requestFullscreen?.().catch(() => {})
    void go(`?wall=${wallSeconds}`)
  }

  if (at.search['wall'] !== undefined)
    return (
      <Part>
        <Wall tabs={tabs} start={tab.id} seconds={Number(at.search['wall'])} />
      </Part>
    )
  return (
    <div>
      <div className={css.bar}>
        <TabBar
          tabs={tabs}
          current={tab.id}
          onMove={(id, beforeId) => {
            change((now) => edit.moveTab(now, id, beforeId))
            announce(
              say('dashboard.tab.moved', {
                tab: tabName(
                  say,
                  tabs.find((one) => one.id === id)!,
                ),
              }),
            )
          }}
          add={
            <IconButton
              icon="plus"
              size="small"
              label={say('dashboard.tab.add')}
              disabledReason={tabs.length >= mostTabs ? say('problem.dashboard.too-many-tabs', { limit: mostTabs }) : undefined}
              onClick={() => setDialog('add')}
            />
          }
        />
        <div className={css.tools}>
          <Button icon="plus" onClick={() => setDialog('gallery')} className={css.addWidget ?? ''} aria-label={say('dashboard.add-widget')}>
            {say('dashboard.add-widget')}
          </Button>
          <IconButton kind="plain" icon="display" label={say('dashboard.wall')} onClick={wall} />
          <TabMenu
            tabs={tabs}
            tab={tab}
            isDefault={isDefault}
            onColumns={(columns) => change((now) => edit.setColumns(now, tab.id, columns))}
            onRename={() => setDialog('rename')}
            onStep={(by) => {
              change((now) => edit.stepTab(now, tab.id, by))
              announce(say('dashboard.tab.moved', { tab: tabName(say, tab) }))
            }}
            onClose={closeTab}
            onReset={reset}
          />
        </div>
      </div>
      {tab.widgets.length === 0 ? (
        <div className={css.nothing}>
          <Icon name="columns" size={20} />
          <p>{say('dashboard.tab.empty')}</p>
          <Button kind="primary" icon="plus" onClick={() => setDialog('gallery')}>
            {say('dashboard.add-widget')}
          </Button>
        </div>
      ) : (
        <Grid key={tab.id} tabs={tabs} tab={tab} change={change} announce={announce} />
      )}
      <p role="status" aria-live="assertive" className="sr-only">
        {said}
      </p>
      {dialog === 'gallery' && (
        <Part rows={1}>
          <Gallery
            tab={tab}
            close={() => setDialog(null)}
            add={(kind) => {
              const id = newPartId()
              change((now) => edit.addWidget(now, tab.id, id, kind))
              announce(say('dashboard.widget.added', { widget: say(`figure.${kind}`), height: widgetKind(kind).height }))
            }}
          />
        </Part>
      )}
      {(dialog === 'add' || dialog === 'rename') && (
        <Part rows={1}>
          <TabDialog
            key={dialog}
            name={dialog === 'add' ? null : tabName(say, tab)}
            close={() => setDialog(null)}
            onDone={(name) => {
              if (dialog === 'rename') return change((now) => edit.renameTab(now, tab.id, name))
              const id = newPartId()
              change((now) => edit.addTab(now, id, name))
              void go(`?tab=${id}`)
            }}
          />
        </Part>
      )}
    </div>
  )
}
