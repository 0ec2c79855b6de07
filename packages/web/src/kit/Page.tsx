import { useEffect, useId, useRef, type ReactNode } from 'react'
import { Icon } from '../ui/icons.tsx'
import { Ago } from './Ago.tsx'
import { Link } from './Link.tsx'
import css from './Page.module.css'
import { useText, type Label, labelKey } from './text.tsx'

export interface Crumb {
  label: Label
  to: string
}
interface Props {
  title: Label
  /** The way here, outermost first; the title itself is not one of them. */
  crumbs?: Crumb[]
  /** The screen's one primary action, and at most two plain ones before it. */
  action?: ReactNode
  /** A word or sign beside the title: a state, a severity. */
  sign?: ReactNode
  /** One line under the title that says what this is for, where the title does not. */
  about?: Label
  /** ms since 1970: when what is shown was got. */
  updatedAt?: number | undefined
  tabs?: ReactNode
  /** The content fills the window and scrolls by itself: for a page that is one table. */
  fills?: boolean
  /** The title is there for who listens and in the window's name; where the content says at once what it is. */
  hidesTitle?: boolean
  /** For forms and reading: not wider than 720 px. */
  narrow?: boolean
  children: ReactNode
}

export function Page({
  title,
  crumbs = [],
  action,
  sign,
  about,
  updatedAt,
  tabs,
  fills = false,
  narrow = false,
  hidesTitle = false,
  children,
}: Props) {
  const say = useText()
  const words = say(title)
  useEffect(() => {
    document.title = `${words} · Vigie`
  }, [words])
  return (
    <div className={`${css.page} ${fills ? css.fills : ''}`}>
      <header className={hidesTitle ? 'sr-only' : css.header}>
        {crumbs.length > 0 && (
          <nav aria-label={say('kit.breadcrumb')}>
            <ol className={css.crumbs}>
              {crumbs.map((crumb, index) => (
                <li key={crumb.to}>
                  <Link to={crumb.to}>{say(crumb.label)}</Link>
                  {index < crumbs.length - 1 && <Icon name="chevronRight" size={12} />}
                </li>
              ))}
            </ol>
          </nav>
        )}
        <div className={css.headline}>
          <h1 tabIndex={-1}>{words}</h1>
          {sign}
          <div className={css.actions}>
            {updatedAt !== undefined && (
              <span className={css.updated}>
                {say('kit.updated')} <Ago at={new Date(updatedAt).toISOString()} />
              </span>
            )}
            {action}
          </div>
        </div>
        {about && <p className={css.about}>{say(about)}</p>}
        {tabs}
      </header>
      <div className={`${css.content} ${narrow ? css.narrow : ''}`}>{children}</div>
    </div>
  )
}

export interface Tab {
  label: Label
  to: string
  isCurrent: boolean
  /** How many there are; omitted: not counted. */
  count?: number | undefined
}
/** Tabs are real links: each has its own address. */
export function Tabs({ label, tabs }: { label: Label; tabs: Tab[] }) {
  const say = useText()
  const nav = useRef<HTMLElement>(null)
  const current = tabs.find((tab) => tab.isCurrent)?.to
  // on a phone there are more of them than fit: the present one is always among those that show
  useEffect(() => {
    const tab = nav.current?.querySelector<HTMLElement>('[aria-current]')
    if (nav.current && tab) nav.current.scrollLeft = tab.offsetLeft - (nav.current.clientWidth - tab.offsetWidth) / 2
  }, [current])
  return (
    <nav aria-label={say(label)} className={css.tabs} ref={nav}>
      {tabs.map((tab) => (
        <Link key={tab.to} to={tab.to} className={css.tab} aria-current={tab.isCurrent ? 'page' : undefined} replace>
          {say(tab.label)}
          {tab.count !== undefined && <span className={css.tabCount}>{tab.count}</span>}
        </Link>
      ))}
    </nav>
  )
}

/** A titled part of a page; `action` at its right. */
export function Section({ title, about, action, children }: { title: Label; about?: Label; action?: ReactNode; children: ReactNode }) {
  const say = useText()
  const id = useId()
  return (
    <section className={css.section} aria-labelledby={id}>
      <div className={css.sectionHead}>
        <div>
          <h2 id={id}>{say(title)}</h2>
          {about && <p className="quiet">{say(about)}</p>}
        </div>
        {action}
      </div>
      {children}
    </section>
  )
}

/** A bordered surface; `lines`: its children are rows with lines between them. */
export const Panel = ({ children, lines = false }: { children: ReactNode; lines?: boolean }) => (
  <div className={`${css.panel} ${lines ? css.lines : css.padded}`}>{children}</div>
)

/** Term and value pairs, for details. A value null or empty shows a dash. */
export function Facts({ facts }: { facts: [label: Label, value: ReactNode][] }) {
  const say = useText()
  return (
    <dl className={css.facts}>
      {facts.map(([label, value]) => (
        <div key={labelKey(label)}>
          <dt>{say(label)}</dt>
          <dd>{value === null || value === undefined || value === '' ? <span className="faint">–</span> : value}</dd>
        </div>
      ))}
    </dl>
  )
}
