import { outbreakApi } from '@vigie/domain/outbreak'
import type { ReactNode } from 'react'
import { Glyph, Link, paths, query, useActor, useFormat, useQuietly, useText } from '../kit/index.ts'
import css from './outbreak.module.css'

const now = query(outbreakApi.alertsNow).with({})

/** EVT-5: over every screen as long as an alert is in force, worst first; what it means here is one click away. @param place what stands there until it is known: as high as the banner, whatever that says */
export default function Banner({ place }: { place: ReactNode }) {
  const say = useText()
  const { moment } = useFormat()
  const actor = useActor()
  const asked = useQuietly(actor.can('alert.read') ? now : null)
  if (!asked) return place
  const [worst, ...others] = asked.rows
  if (!worst) return null
  const title = say(`outbreak.banner.${worst.level}`, { name: worst.name })
  const about = `${say('outbreak.banner.here', { vulnerable: asked.vulnerable, toClean: asked.toClean })} ${say('outbreak.banner.until', { at: moment(worst.endsAt) })}`
  return (
    <div className={css.banner} data-alert={worst.level} role="status">
      <Glyph sign={worst.level === 'red' ? 'action-required' : 'warning'} size={16} />
      <p title={`${title} ${about}`}>
        <strong>{title}</strong> <span>{about}</span>
      </p>
      <Link to={others.length > 0 ? paths.virusAlerts({ state: 'in-force' }) : paths.virusAlert({ alertId: worst.id })}>
        {others.length > 0 ? say('outbreak.banner.more', { count: others.length }) : say('outbreak.banner.open')}
      </Link>
    </div>
  )
}
