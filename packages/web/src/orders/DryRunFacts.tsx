import { delayMinutes, type DryRun } from '@vigie/domain/orders'
import { Notice, Part, Stack, useFormat, useText } from '../kit/index.ts'
import { PlaceLines } from '../settings/index.ts'
import { useReason } from './words.tsx'
import css from './orders.module.css'

/** What would happen, in words and numbers: what the person then confirms. */
export function DryRunFacts({ dryRun }: { dryRun: DryRun }) {
  const say = useText()
  const format = useFormat()
  const reason = useReason()
  if (dryRun.places !== null) return <PlaceFacts dryRun={dryRun} places={dryRun.places} />
  const left = dryRun.agents - dryRun.willGet
  const more = dryRun.customers - dryRun.someCustomers.length
  const names = [...dryRun.someCustomers, ...(more > 0 ? [say('orders.dry-run.more-customers', { count: more })] : [])]
  return (
    <Stack tight>
      <p>
        <strong>{say('orders.dry-run.will-get', { agents: dryRun.willGet, customers: dryRun.customers })}</strong>
      </p>
      {names.length > 0 && <p className="quiet">{new Intl.ListFormat(say.locale, { type: 'unit' }).format(names)}</p>}
      {dryRun.offline > 0 && <p>{say('orders.dry-run.offline', { count: dryRun.offline })}</p>}
      {left > 0 && (
        <div>
          <p>{say('orders.dry-run.skipped', { count: left })}</p>
          <ul className={css.reasons}>
            {dryRun.skipped.map((one) => (
              <li key={one.reason} className="figures">
                {format.number(one.agents)} · {reason(one.reason)}
              </li>
            ))}
          </ul>
        </div>
      )}
      <Needs dryRun={dryRun} />
    </Stack>
  )
}

function Needs({ dryRun: { needs } }: { dryRun: DryRun }) {
  const say = useText()
  return (
    needs !== 'nobody' && (
      <Notice tone="warning" title={`orders.needs.${needs}`}>
        {say(`orders.needs.${needs}.about`, { minutes: delayMinutes })}
      </Notice>
    )
  )
}

/** Of what is carried: where something changes, what, and why not elsewhere. */
function PlaceFacts({ dryRun, places }: { dryRun: DryRun; places: NonNullable<DryRun['places']> }) {
  const say = useText()
  const format = useFormat()
  const left = places.skipped.reduce((sum, one) => sum + one.places, 0)
  return (
    <Stack tight>
      <p>
        <strong>{say('orders.dry-run.places', { count: places.planned })}</strong>
        {dryRun.willGet > 0 && <> {say('orders.dry-run.endpoints', { count: dryRun.willGet })}</>}
      </p>
      {dryRun.someCustomers.length > 0 && (
        <p className="quiet">{new Intl.ListFormat(say.locale, { type: 'unit' }).format(dryRun.someCustomers)}</p>
      )}
      {places.lines.length > 0 && (
        <Part>
          <PlaceLines lines={places.lines} />
        </Part>
      )}
      {dryRun.offline > 0 && <p>{say('orders.dry-run.offline', { count: dryRun.offline })}</p>}
      {left > 0 && (
        <div>
          <p>{say('orders.dry-run.places.skipped', { count: left })}</p>
          <ul className={css.reasons}>
            {places.skipped.map((one) => (
              <li key={one.reason} className="figures">
                {format.number(one.places)} · {say(`place-reason.${one.reason}`)}
              </li>
            ))}
          </ul>
        </div>
      )}
      {dryRun.weakens && (
        <Notice tone="warning" title="orders.weakens">
          {say('orders.weakens.about')}
        </Notice>
      )}
      <Needs dryRun={dryRun} />
    </Stack>
  )
}
