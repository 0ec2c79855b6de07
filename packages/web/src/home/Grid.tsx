import type { DashboardTab } from '@vigie/domain/dashboard'
import { useState, type CSSProperties } from 'react'
import { toast, useText } from '../kit/index.ts'
import css from './dashboard.module.css'
import * as edit from './edit.ts'
import { useDrag } from './useDrag.ts'
import type { KeptLayout } from './useLayout.ts'
import { WidgetFrame } from './WidgetFrame.tsx'
import { tabName } from './words.ts'

interface Props {
  tabs: edit.Tabs
  tab: DashboardTab
  change: KeptLayout['change']
  announce(words: string): void
}

/** Widgets of a tab, in reading order: the grid fills its rows with them, so that what the keyboard walks through and what the eye sees are one order. */
export function Grid({ tabs, tab, change, announce }: Props) {
  const say = useText()
  /** Held by keyboard: shown moved or resized, kept when put down. */
  const [held, setHeld] = useState<{ id: string; tabs: DashboardTab[] } | null>(null)
  const shown = (held?.tabs ?? tabs).find(({ id }) => id === tab.id) ?? tab
  const ids = shown.widgets.map(({ id }) => id)
  const nameOf = (id: string) => say(`figure.${tab.widgets.find((widget) => widget.id === id)?.kind}`)
  const placeOf = (id: string, of: edit.Tabs) => {
    const widgets = of.find((one) => one.id === tab.id)?.widgets ?? []
    return { place: widgets.findIndex((widget) => widget.id === id) + 1, count: widgets.length }
  }
  const tellPlace = (key: string, id: string, of: edit.Tabs) => announce(say(key, { widget: nameOf(id), ...placeOf(id, of) }))
  const { drag, grip } = useDrag('widget', ids, (id, beforeId) => {
    const move = (now: edit.Tabs) => edit.moveWidget(now, { tabId: tab.id, widgetId: id }, beforeId)
    change(move)
    tellPlace('dashboard.widget.moved', id, move(tabs))
  })

  return (
    <div className={css.grid} style={{ '--columns': tab.columns } as CSSProperties} data-dragging={drag ? true : undefined}>
      {shown.widgets.map((widget, index) => {
        const place = { tabId: tab.id, widgetId: widget.id }
        const isHeld = held?.id === widget.id
        const step = (by: -1 | 1) => {
          const next = edit.stepWidget(tabs, place, by)
          change((now) => edit.stepWidget(now, place, by))
          tellPlace('dashboard.widget.moved', widget.id, next)
        }
        return (
          <WidgetFrame
            key={widget.id}
            widget={widget}
            columns={tab.columns}
            drop={drag?.target?.id === widget.id ? drag.target.side : undefined}
            isDragged={drag?.id === widget.id}
            isHeld={isHeld}
            grip={grip(widget.id)}
            hold={{
              toggle: () => {
                if (isHeld) {
                  change(() => held.tabs)
                  setHeld(null)
                  tellPlace('dashboard.widget.put-down', widget.id, held.tabs)
                } else {
                  setHeld({ id: widget.id, tabs: [...tabs] })
                  tellPlace('dashboard.widget.held', widget.id, tabs)
                }
              },
              cancel: () => {
                setHeld(null)
                tellPlace('dashboard.widget.given-up', widget.id, tabs)
              },
              move: (by) => {
                const next = edit.stepWidget(held!.tabs, place, by)
                setHeld({ id: widget.id, tabs: next })
                tellPlace('dashboard.widget.at', widget.id, next)
              },
              resize: (columns, rows) => {
                const next = edit.resizeWidget(held!.tabs, place, { span: widget.span + columns, height: widget.height + rows })
                setHeld({ id: widget.id, tabs: next })
                const { span, height } = next.find(({ id }) => id === tab.id)!.widgets[index]!
                announce(say('dashboard.widget.size', { span, height }))
              },
            }}
            onStep={step}
            isFirst={index === 0}
            isLast={index === shown.widgets.length - 1}
            others={tabs
              .filter(({ id }) => id !== tab.id)
              .map((one) => ({ id: one.id, name: tabName(say, one), isFull: edit.isFull(one) }))}
            onSend={(toTabId) => {
              change((now) => edit.sendWidget(now, place, toTabId))
              toast({
                key: 'dashboard.widget.sent',
                values: {
                  widget: nameOf(widget.id),
                  tab: tabName(
                    say,
                    tabs.find(({ id }) => id === toTabId)!,
                  ),
                },
              })
            }}
            onResize={(size) => change((now) => edit.resizeWidget(now, place, size))}
            onChoose={(options) => change((now) => edit.chooseOptions(now, place, options))}
            stays={edit.isLastNotifications(tabs, place)}
            onClose={() => {
              change((now) => edit.closeWidget(now, place))
              toast(
                { key: 'dashboard.widget.closed', values: { widget: nameOf(widget.id) } },
                { run: () => change((now) => edit.restoreWidget(now, tab.id, widget, index)) },
              )
            }}
          />
        )
      })}
      {drag && (
        <div className={css.carried} style={{ insetInlineStart: drag.x + 12, top: drag.y + 12 }} aria-hidden="true">
          {nameOf(drag.id)}
        </div>
      )}
    </div>
  )
}
