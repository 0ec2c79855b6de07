import { maintenanceApi, type MaintenanceWindow } from '@vigie/domain/maintenance'
import { Bars, query, useQuietly, useText } from '../kit/index.ts'
import css from './maintenance.module.css'

/** The next five, on the clock of the window's own zone, and where a change of the clocks touches one. */
export function Occurrences({ schedule, durationMinutes, timeZone }: Pick<MaintenanceWindow, 'schedule' | 'durationMinutes' | 'timeZone'>) {
  const say = useText()
  const found = useQuietly(query(maintenanceApi.previewWindow).with({ body: { schedule, durationMinutes, timeZone } }))
  if (found === undefined) return <Bars rows={3} />
  if (found.occurrences.length === 0)
    return (
      <p className="quiet" role="status">
        {say('maintenance.preview.none')}
      </p>
    )
  const wall = new Intl.DateTimeFormat(say.locale, {
    weekday: 'short',
    day: 'numeric',
    month: 'short',
    year: 'numeric',
    hour: '2-digit',
    minute: '2-digit',
    timeZone,
  })
  return (
    <div role="status">
      <ol className={css.occurrences}>
        {found.occurrences.map(({ startsAt, endsAt, clocks }) => (
          <li key={startsAt}>
            <span className="figures">{wall.formatRange(new Date(startsAt), new Date(endsAt))}</span>
            {clocks !== null && <span className={css.clocks}>{say(`maintenance.clocks.${clocks}`)}</span>}
          </li>
        ))}
      </ol>
    </div>
  )
}
