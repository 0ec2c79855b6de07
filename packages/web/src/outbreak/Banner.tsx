import type { ReplyOf } from '@vigie/domain/kernel'
import { outbreakApi } from '@vigie/domain/outbreak'
import { useEffect, useState, type ReactNode } from 'react'
import { Glyph, Link, paths, query, useActor, useFormat, useQuietly, useScreenPath, useText } from '../kit/index.ts'
import css from './outbreak.module.css'

const now = query(outbreakApi.alertsNow).with({})

/**
 * EVT-5: over every screen as long as an alert is in force, worst first; what it means here is one click away. One that begins while somebody looks at a screen lies over it, and has its place from
 * the next screen on; one that ends leaves its place there: nothing moves under a pointer.
 * @param place what stands there until it is known: as high as the banner, whatever that says. Empty: the session knew of none
 */
export default function Banner({ place }: { place: ReactNode }) {
  const actor = useActor()
  const screen = useScreenPath()
  const asked = useQuietly(actor.can('alert.read') ? now : null)
  const [before, setBefore] = useState(screen)
  const [isPlaced, setPlaced] = useState(Boolean(place))
  const isInForce = asked ? asked.rows.length > 0 : isPlaced
  if (before !== screen) {
    setBefore(screen)
    setPlaced(isInForce)
  }
  useEffect(() => {
    // nobody looks
    const look = () => document.hidden && setPlaced(isInForce)
    document.addEventListener('visibilitychange', look)
    return () => document.removeEventListener('visibilitychange', look)
  }, [isInForce])
  if (!asked) return isPlaced ? place : null
  if (!isInForce) return isPlaced ? <Over /> : null
  return <Words key={isPlaced ? 'placed' : 'over'} {...asked} isPlaced={isPlaced} />
}

function Over() {
  const say = useText()
  return (
    <div className={css.banner} data-alert="over" role="status">
      <p className="quiet">{say('outbreak.banner.over')}</p>
    </div>
  )
}

function Words({ rows: [worst, ...others], vulnerable, toClean, isPlaced }: ReplyOf<typeof outbreakApi.alertsNow> & { isPlaced: boolean }) {
  const say = useText()
  const { moment } = useFormat()
  const { level, name, id, endsAt } = worst!
  const title = say(`outbreak.banner.${level}`, { name })
  const about = `${say('outbreak.banner.here', { vulnerable, toClean })} ${say('outbreak.banner.until', { at: moment(endsAt) })}`
  return (
    <div className={css.banner} {...(isPlaced ? { 'data-alert': level } : { 'data-over': level })} role="status">
      <Glyph sign={level === 'red' ? 'action-required' : 'warning'} size={16} />
      <p title={`${title} ${about}`}>
        <strong>{title}</strong> <span>{about}</span>
      </p>
      <Link to={others.length > 0 ? paths.virusAlerts({ state: 'in-force' }) : paths.virusAlert({ alertId: id })}>
        {others.length > 0 ? say('outbreak.banner.more', { count: others.length }) : say('outbreak.banner.open')}
      </Link>
    </div>
  )
}
