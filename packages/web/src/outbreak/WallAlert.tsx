import { outbreakApi } from '@vigie/domain/outbreak'
import { Glyph, query, useActor, useQuietly, useText } from '../kit/index.ts'
import css from './outbreak.module.css'

const now = query(outbreakApi.alertsNow).with({})

/** EVT-5: the worst alert in force on a wall, between the tab's name and the clock: nothing below it moves. */
export function WallAlert() {
  const say = useText()
  const asked = useQuietly(useActor().can('alert.read') ? now : null)
  const worst = asked?.rows[0]
  if (!worst) return null
  return (
    <p className={css.onWall} data-level={worst.level} role="status">
      <Glyph sign={worst.level === 'red' ? 'action-required' : 'warning'} size={18} />
      <strong>{say(`outbreak.banner.${worst.level}`, { name: worst.name })}</strong>
      <span>{say('outbreak.banner.here', { vulnerable: asked!.vulnerable, toClean: asked!.toClean })}</span>
    </p>
  )
}
