import type { MantineColorScheme, MantineColorSchemeManager } from '@mantine/core'

const key = 'vigie.theme'
const stored = (): MantineColorScheme | null => {
  try {
    const value = localStorage.getItem(key)
    return value === 'light' || value === 'dark' ? value : null
  } catch {
    return null
  }
}

/** Light, dark, or as the system: kept in this browser, the same key that `first-paint.js` reads. */
export const themeManager: MantineColorSchemeManager = {
  get: (fallback) => stored() ?? fallback,
  set: (value) => {
    try {
      if (value === 'auto') localStorage.removeItem(key)
      else localStorage.setItem(key, value)
    } catch {
      // lasts until reload
    }
  },
  subscribe: (onUpdate) => window.addEventListener('storage', (event) => event.key === key && onUpdate(stored() ?? 'auto')),
  unsubscribe: () => {},
  clear: () => {
    try {
      localStorage.removeItem(key)
    } catch {
      // nothing was kept
    }
  },
}
