import type { SettingRow, Slot } from '@vigie/domain/settings'
import { Ago, Button, StateTag, useFormat, useText } from '../kit/index.ts'
import { SettingControl } from './SettingControl.tsx'
import css from './settings.module.css'
import type { Draft } from './useSettings.ts'
import { slotName, tones, valueWords } from './words.ts'

interface Props {
  slot: Slot
  row: SettingRow
  draft: Draft
  mayChange: boolean
  error: string | undefined
  set(key: string, value: Draft[string] | undefined): void
  takeOver(endpointId: string, key: string): void
}

/** One value: what is wanted, how it stands, who set it and where it comes from; and, where it drifted, both values. */
export function SettingLine({ slot, row, draft, mayChange, error, set, takeOver }: Props) {
  const say = useText()
  const { number } = useFormat()
  const isTouched = Object.hasOwn(draft, row.key)
  // what nobody set is as the machines have it, not as our default would be
  const wanted = isTouched
    ? (draft[row.key] ?? row.inherited.value)
    : row.origin.kind === 'default' && row.onMachines !== null
      ? row.onMachines
      : row.value
  const isOwn = isTouched ? draft[row.key] !== null : row.own !== null
  const origin = isTouched && draft[row.key] === null ? row.inherited.origin : row.origin
  return (
    <div className={css.slot} data-setting={row.key}>
      {slot.place && <span className={css.place}>{say(`setting-place.${slot.place}`)}</span>}
      <SettingControl
        slot={slot}
        value={wanted}
        label={slotName(say, row.key)}
        isOff={!mayChange}
        error={error}
        set={(value) => set(row.key, value)}
      />
      <div className={css.standing}>
        {isTouched ? (
          <StateTag tone="pending" label="settings.not-saved" />
        ) : (
          row.counts.map(({ state, count }) => (
            <StateTag
              key={state}
              tone={tones[state]}
              label={row.counts.length > 1 ? { text: `${say(`setting-state.${state}`)} ${number(count)}` } : `setting-state.${state}`}
            />
          ))
        )}
        {(origin.kind !== 'default' || row.counts.length === 0) && (!isTouched || !isOwn) && (
          <span className={css.origin}>
            {say(`setting-origin.${origin.kind}`)}
            {origin.name !== '' && say('settings.origin.name', { name: origin.name })}
            {origin.by && (
              <>
                {' '}
                · {origin.by} <Ago at={origin.at} />
              </>
            )}
          </span>
        )}
        {mayChange && isOwn && (
          <Button kind="quiet" size="small" onClick={() => set(row.key, row.own === null ? undefined : null)}>
            {say(row.own === null ? 'settings.discard-one' : 'settings.inherit')}
          </Button>
        )}
      </div>
      {row.overriddenCount > 0 && <p className={css.note}>{say('settings.overridden', { count: row.overriddenCount })}</p>}
      {row.reported.map((one) => (
        <p key={one.endpointId} className={css.note}>
          {say('settings.reports', { endpoint: one.name, value: valueWords(say, row.key, one.value) })}
          {mayChange && one.state === 'drifted' && (
            <Button kind="quiet" size="small" onClick={() => takeOver(one.endpointId, row.key)}>
              {say('settings.take-over')}
            </Button>
          )}
        </p>
      ))}
    </div>
  )
}
