import { mostTabs, mostWidgets, placed, type DashboardTab } from '@vigie/domain/dashboard'
import { describe, expect, it } from 'vitest'
import * as edit from './edit.ts'

const tab = (id: string, ...widgets: string[]): DashboardTab => ({
  id,
  name: id,
  columns: 3,
  widgets: widgets.map((one) => placed(one === 'n' ? 'notifications' : 'threats', { id: one })),
})
const tabs = [tab('a', 'n', 'x', 'y'), tab('b', 'x')]
const at = (widgetId: string, tabId = 'a') => ({ tabId, widgetId })
const drawn = (list: edit.Tabs) => list.map(({ id, widgets }) => `${id}: ${widgets.map((widget) => widget.id).join(' ')}`)

describe('changes of a dashboard (DSH-1)', () => {
  it.each([
    ['a widget before another', edit.moveWidget(tabs, at('y'), 'n'), ['a: y n x', 'b: x']],
    ['a widget to the end', edit.moveWidget(tabs, at('n'), null), ['a: x y n', 'b: x']],
    ['before itself', edit.moveWidget(tabs, at('x'), 'x'), ['a: n x y', 'b: x']],
    ['before one that is gone', edit.moveWidget(tabs, at('n'), 'gone'), ['a: x y n', 'b: x']],
    ['one that is gone', edit.moveWidget(tabs, at('gone'), 'n'), ['a: n x y', 'b: x']],
    ['a step later', edit.stepWidget(tabs, at('n'), 1), ['a: x n y', 'b: x']],
    ['the last a step later', edit.stepWidget(tabs, at('y'), 1), ['a: n x y', 'b: x']],
    ['the first a step earlier', edit.stepWidget(tabs, at('n'), -1), ['a: n x y', 'b: x']],
    ['a step earlier', edit.stepWidget(tabs, at('y'), -1), ['a: n y x', 'b: x']],
    ['to another tab, where its id is taken', edit.sendWidget(tabs, at('x'), 'b'), ['a: n y', 'b: x x-2']],
    ['to its own tab', edit.sendWidget(tabs, at('x'), 'a'), ['a: n x y', 'b: x']],
    ['a tab before another', edit.moveTab(tabs, 'b', 'a'), ['b: x', 'a: n x y']],
    ['a tab a step later', edit.stepTab(tabs, 'a', 1), ['b: x', 'a: n x y']],
    ['a closed tab', edit.closeTab(tabs, 'b'), ['a: n x y']],
    ['a closed tab again', edit.restoreTab(edit.closeTab(tabs, 'a'), tabs[0]!, 0), ['a: n x y', 'b: x']],
    ['a closed widget again', edit.restoreWidget(edit.closeWidget(tabs, at('x')), 'a', tabs[0]!.widgets[1]!, 1), ['a: n x y', 'b: x']],
    ['a closed widget again, though it is there', edit.restoreWidget(tabs, 'a', tabs[0]!.widgets[1]!, 0), ['a: n x y', 'b: x']],
    ['an added widget', edit.addWidget(tabs, 'b', 'z', 'system'), ['a: n x y', 'b: x z']],
  ])('%s', (_, result, expected) => {
    expect(drawn(result)).toEqual(expected)
    expect(drawn(tabs)).toEqual(['a: n x y', 'b: x'])
  })

  it('stays within its limits', () => {
    const full = tab('f', ...Array.from({ length: mostWidgets }, (_, n) => `w${n}`))
    expect(edit.addWidget([full], 'f', 'z', 'system')[0]!.widgets).toHaveLength(mostWidgets)
    expect(edit.sendWidget([tabs[0]!, full], at('x'), 'f')[0]!.widgets).toHaveLength(3)
    const many = Array.from({ length: mostTabs }, (_, n) => tab(`t${n}`))
    expect([edit.addTab(many, 'z', 'Z').length, edit.restoreTab(many, tab('z'), 0).length]).toEqual([mostTabs, mostTabs])
    expect(edit.resizeWidget(tabs, at('x'), { span: 9, height: 99 })[0]!.widgets[1]).toMatchObject({ span: 3, height: 10 })
    expect(edit.resizeWidget(tabs, at('x'), { span: 0, height: 0 })[0]!.widgets[1]).toMatchObject({ span: 1, height: 2 })
  })

  it('knows the last Notifications and the tab that holds them (DSH-2)', () => {
    expect([
      edit.isLastNotifications(tabs, at('n')),
      edit.isLastNotifications(tabs, at('x')),
      edit.holdsLastNotifications(tabs, 'a'),
      edit.holdsLastNotifications(tabs, 'b'),
    ]).toEqual([true, false, true, false])
    const two = [...tabs, tab('c', 'n')]
    expect([edit.isLastNotifications(two, at('n')), edit.holdsLastNotifications(two, 'a')]).toEqual([false, false])
    expect(edit.holdsLastNotifications([tab('a', 'n', 'n2')], 'b')).toBe(false)
  })

  it('an option changes itself alone', () => {
    const once = edit.chooseOptions(tabs, at('x'), { range: '7d', view: 'table' })
    expect(edit.chooseOptions(once, at('x'), { range: '30d' })[0]!.widgets[1]!.options).toEqual({ range: '30d', view: 'table' })
  })
})
