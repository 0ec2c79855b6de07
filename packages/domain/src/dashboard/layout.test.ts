import { describe, expect, it } from 'vitest'
import { rolePermissions, roles, type Permission } from '../access/index.ts'
import { assertLayout, defaultTabs, readable } from './layout.ts'
import { Layout, presetTabs } from './shapes.ts'

describe('what each role is given (DSH-1)', () => {
  it.each(roles)('%s: may be kept as it is, and shows nothing the role may not see', (role) => {
    const can = (permission: Permission) => rolePermissions[role].includes(permission)
    const tabs = [...defaultTabs[role]]
    expect(() => assertLayout(Layout.parse({ tabs }), can)).not.toThrow()
    expect(
      readable(tabs, can)
        .map(({ widgets }) => widgets.length)
        .every((count) => count > 0),
    ).toBe(true)
    if (can('event.read')) expect(tabs[0]!.widgets[0]!.kind).toBe('notifications')
    expect(tabs.every(({ id, name }) => name === null && presetTabs.includes(id as never))).toBe(true)
  })
})
