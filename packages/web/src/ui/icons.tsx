import type { SVGProps } from 'react'

/** Own strokes on a 16 px grid, 1.5 px, round ends: one hand for the whole console. Decoration only: the word stands beside it or in a label. */
const paths = {
  home: 'M2.5 7.2 8 2.75l5.5 4.45M4 6.2v6.55h8V6.2M6.6 12.75V9.4h2.8v3.35',
  events: 'M1.75 8.4h2.7l2-5.4 3.2 10 2-4.6h2.6',
  customers:
    'M2.5 13.25V4.1L8.2 2.5v10.75M8.2 6.1l5.3 1.3v5.85M1.6 13.25h12.8M4.6 5.9h1.5M4.6 8.2h1.5M4.6 10.5h1.5M10.6 9.3h.9M10.6 11.2h.9',
  inventory: 'M2.25 3.25h11.5v7h-11.5zM5.4 13h5.2M8 10.25V13',
  administration:
    'M2.5 4.4h5.1M10.9 4.4h2.6M2.5 11.6h2.6M8.4 11.6h5.1M9.25 2.75a1.65 1.65 0 1 1 0 3.3 1.65 1.65 0 0 1 0-3.3ZM6.75 9.95a1.65 1.65 0 1 1 0 3.3 1.65 1.65 0 0 1 0-3.3Z',
  search: 'M7 2.5a4.5 4.5 0 1 1 0 9 4.5 4.5 0 0 1 0-9ZM10.4 10.4l3.1 3.1',
  plus: 'M8 3v10M3 8h10',
  bell: 'M3.2 11.3h9.6M4.4 11.3V7a3.6 3.6 0 0 1 7.2 0v4.3M6.6 13.5a1.5 1.5 0 0 0 2.8 0M8 2v1.4',
  help: 'M8 1.9a6.1 6.1 0 1 1 0 12.2A6.1 6.1 0 0 1 8 1.9ZM6.2 6.3a1.8 1.8 0 1 1 2.6 1.6c-.6.3-.8.7-.8 1.3M8 11.3v.1',
  menu: 'M2.5 4.25h11M2.5 8h11M2.5 11.75h11',
  close: 'm3.75 3.75 8.5 8.5M12.25 3.75l-8.5 8.5',
  check: 'm3 8.4 3.2 3.2L13 4.8',
  chevronDown: 'm4 6.2 4 4 4-4',
  chevronUp: 'm4 9.8 4-4 4 4',
  chevronRight: 'm6.2 4 4 4-4 4',
  chevronLeft: 'M9.8 4 5.8 8l4 4',
  copy: 'M5.75 5.75h7.5v7.5h-7.5zM10.25 5.5V2.75h-7.5v7.5H5.5',
  more: 'M3.5 8h.01M8 8h.01M12.5 8h.01',
  filter: 'M2.25 3.75h11.5M4.5 8h7M6.75 12.25h2.5',
  columns: 'M2.5 3h11v10h-11zM6.2 3v10M9.8 3v10',
  download: 'M8 2.5v7.25M4.9 6.9 8 10l3.1-3.1M3 13.25h10',
  sun: 'M8 5.1a2.9 2.9 0 1 1 0 5.8 2.9 2.9 0 0 1 0-5.8ZM8 1.6v1.2M8 13.2v1.2M1.6 8h1.2M13.2 8h1.2M3.5 3.5l.8.8M11.7 11.7l.8.8M3.5 12.5l.8-.8M11.7 4.3l.8-.8',
  moon: 'M13.2 9.6A5.6 5.6 0 0 1 6.4 2.8a5.6 5.6 0 1 0 6.8 6.8Z',
  display: 'M2.25 3.25h11.5v7.5h-11.5zM6 13.25h4',
  user: 'M8 2.5a2.6 2.6 0 1 1 0 5.2 2.6 2.6 0 0 1 0-5.2ZM2.9 13.4a5.2 5.2 0 0 1 10.2 0',
  signOut: 'M6.5 2.75h-3.5v10.5h3.5M10.2 5.2 13 8l-2.8 2.8M13 8H6.4',
  external: 'M9.5 2.75h3.75V6.5M13 3 7.4 8.6M11.5 9.5v3.75H2.75V4.5H6.5',
  key: 'M10.4 2.6a3 3 0 1 1-2.3 4.9L3 12.6v.9h2.2v-1.8h1.7V10l1.3-1.3M11.2 4.9h.01',
  undo: 'M5.9 3.6 2.8 6.7l3.1 3.1M3 6.7h6.6a3.3 3.3 0 0 1 0 6.6H6.2',
  refresh: 'M13 3v3.2H9.8M12.7 6.2a5 5 0 1 0 .3 3.3',
  warning: 'M8 2.4 14.2 13H1.8zM8 6.4v3M8 11.2v.1',
  shield: 'M8 1.9l5 1.8v3.8c0 3.1-2.1 5.4-5 6.6-2.9-1.2-5-3.5-5-6.6V3.7z',
  mail: 'M2.25 3.75h11.5v8.5H2.25zM2.5 4.2 8 8.6l5.5-4.4',
  arrowUp: 'M8 13V3M4 7l4-4 4 4',
  arrowDown: 'M8 3v10M4 9l4 4 4-4',
  clock: 'M8 1.9a6.1 6.1 0 1 1 0 12.2A6.1 6.1 0 0 1 8 1.9ZM8 4.6V8l2.3 1.5',
  server: 'M2.5 2.75h11v4.5h-11zM2.5 8.75h11v4.5h-11zM5 5h.01M5 11h.01',
  play: 'M4.5 3 12.5 8l-8 5z',
  stop: 'M4 4h8v8H4z',
  trash: 'M2.75 4.25h10.5M6.25 4V2.5h3.5V4M4 4.25l.6 9h6.8l.6-9M6.6 7v3.5M9.4 7v3.5',
  view: 'M4.25 2.5h7.5v11L8 10.6l-3.75 2.9z',
  tag: 'M2.75 2.75h4.9l5.6 5.6-4.9 4.9-5.6-5.6zM5.4 5.4h.01',
  grip: 'M6 4h.01M10 4h.01M6 8h.01M10 8h.01M6 12h.01M10 12h.01',
  chart: 'M2.75 13.25h10.5M4.5 10.75V8M8 10.75V3.5M11.5 10.75V6',
  table: 'M2.5 3h11v10h-11zM2.5 6.4h11M2.5 9.7h11M6.4 6.4V13',
  wider: 'M2.75 8h10.5M5.2 5.4 2.6 8l2.6 2.6M10.8 5.4 13.4 8l-2.6 2.6',
  narrower: 'M2 8h4.6M14 8H9.4M4.2 5.4 6.8 8l-2.6 2.6M11.8 5.4 9.2 8l2.6 2.6',
  edit: 'M3 13h2.4L13 5.4 10.6 3 3 10.6zM9.2 4.4l2.4 2.4',
} as const
export type IconName = keyof typeof paths

export function Icon({ name, size = 16, ...rest }: { name: IconName; size?: number } & SVGProps<SVGSVGElement>) {
  return (
    <svg
      width={size}
      height={size}
      viewBox="0 0 16 16"
      fill="none"
      stroke="currentColor"
      strokeWidth={name === 'more' || name === 'grip' ? 2.2 : 1.5}
      strokeLinecap="round"
      strokeLinejoin="round"
      aria-hidden="true"
      {...rest}
    >
      <path d={paths[name]} />
    </svg>
  )
}

/** The lookout's basket on its mast. */
export function Mark({ size = 20 }: { size?: number }) {
  return (
    <svg width={size} height={size} viewBox="0 0 20 20" fill="currentColor" aria-hidden="true">
      <circle cx="10" cy="3.6" r="2.1" />
      <path d="M3.6 7.2h12.8l-1.5 4.1a1.6 1.6 0 0 1-1.5 1.1H11v6.1H9v-6.1H6.6a1.6 1.6 0 0 1-1.5-1.1z" />
    </svg>
  )
}
