import { outbreakApi } from '@vigie/domain/outbreak'
import { useEffect, useRef } from 'react'
import { Glyph, Link, paths, query, useActor, useFormat, useQuietly, useText } from '../kit/index.ts'
import css from './outbreak.module.css'

const now = query(outbreakApi.alertsNow).with({})

/** EVT-5: over every screen as long as an alert is in force, worst first; what it means here is one click away. */
export default function Banner() {
  const say = useText()
  const { moment } = useFormat()
  const actor = useActor()
  const banner = useRef<HTMLDivElement>(null)
  const asked = useQuietly(actor.can('alert.read') ? now : null)
  const [worst, ...others] = asked?.rows ?? []
  // lists that fill the window leave room for it
  useEffect(() => {
    const root = document.documentElement
    if (!worst || !banner.current) return
    const watcher = new ResizeObserver(([entry]) => root.style.setProperty('--alert-height', `${entry?.borderBoxSize[0]?.blockSize ?? 0}px`))
    watcher.observe(banner.current)
    return () => {
      watcher.disconnect()
      root.style.removeProperty('--alert-height')
    }
  }, [worst])
  if (!worst || !asked) return null
  return (
    <div className={css.banner} data-level={worst.level} role="status" ref={banner}>
      <Glyph sign={worst.level === 'red' ? 'action-required' : 'warning'} size={16} />
      <p>
        <strong>{say(`outbreak.banner.${worst.level}`, { name: worst.name })}</strong>
        {' '}
        <span>{say('outbreak.banner.here', { vulnerable: asked.vulnerable, toClean: asked.toClean })} {say('outbreak.banner.until', { at: moment(worst.endsAt) })}</span>
      </p>
      <Link to={others.length > 0 ? paths.virusAlerts({ state: 'in-force' }) : paths.virusAlert({ alertId: worst.id })}>{others.length > 0 ? say('outbreak.banner.more', { count: others.length }) : say('outbreak.banner.open')}</Link>
    </div>
  )
}
