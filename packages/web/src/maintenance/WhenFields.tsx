import { Checkbox, TextInput } from '@mantine/core'
import { maintenanceDays, monthWeeks, scheduleKinds } from '@vigie/domain/maintenance'
import { FieldRow, NumberField, SelectField, TimeZoneField, useField, useFormState, useText, type Label } from '../kit/index.ts'
import css from './maintenance.module.css'
import type { Day, Plan } from './plan.ts'
import { dayName } from './words.ts'

/** When, for how long, and how often. */
export function WhenFields() {
  const { repeats } = useFormState().values as Plan
  const say = useText()
  const days = maintenanceDays.map((value) => ({ value, label: { text: dayName(say.locale, value) } }))
  return (
    <>
      <SelectField
        name="repeats"
        label="maintenance.repeats"
        isRequired
        options={scheduleKinds.map((value) => ({ value, label: `maintenance-schedule.${value}` }))}
      />
      {repeats !== 'once' && (
        <FieldRow>
          <NumberField
            name="every"
            label={`maintenance.every.${repeats === 'monthly-weekday' ? 'monthly-day' : repeats}`}
            min={1}
            isRequired
          />
          {repeats === 'monthly-day' ? (
            <NumberField name="day" label="maintenance.day" help="maintenance.day.help" min={1} max={31} isRequired />
          ) : (
            <span />
          )}
        </FieldRow>
      )}
      {repeats === 'weekly' && <Days />}
      {repeats === 'monthly-weekday' && (
        <FieldRow>
          <SelectField
            name="week"
            label="maintenance.week"
            isRequired
            options={monthWeeks.map((value) => ({ value, label: `maintenance.week.${value}` }))}
          />
          <SelectField name="weekday" label="maintenance.weekday" isRequired options={days} />
        </FieldRow>
      )}
      <FieldRow>
        <NativeField name="from" label={repeats === 'once' ? 'maintenance.on' : 'maintenance.from'} type="date" isRequired />
        <NativeField name="time" label="maintenance.time" type="time" isRequired />
      </FieldRow>
      <FieldRow>
        <NumberField name="hours" label="maintenance.hours" min={0} isRequired />
        <NumberField name="minutes" label="maintenance.minutes" min={0} max={59} isRequired />
      </FieldRow>
      {repeats !== 'once' && (
        <FieldRow>
          <NativeField name="until" label="maintenance.until" type="date" />
          <span />
        </FieldRow>
      )}
      <TimeZoneField name="timeZone" label="maintenance.time-zone" help="maintenance.time-zone.help" isRequired />
    </>
  )
}

function Days() {
  const say = useText()
  const field = useField<Day[]>('days')
  return (
    <Checkbox.Group
      label={say('maintenance.days')}
      error={field.error}
      required
      withAsterisk={false}
      value={field.value}
      onChange={(value) => field.set(value as Day[])}
    >
      <div className={css.days} id={field.id}>
        {maintenanceDays.map((day) => (
          <Checkbox key={day} value={day} label={dayName(say.locale, day)} />
        ))}
      </div>
    </Checkbox.Group>
  )
}

/** The browser's own picker for a day or an hour. */
function NativeField({
  name,
  label,
  type,
  isRequired = false,
}: {
  name: string
  label: Label
  type: 'date' | 'time'
  isRequired?: boolean
}) {
  const say = useText()
  const field = useField<string>(name)
  return (
    <TextInput
      id={field.id}
      name={name}
      type={type}
      label={isRequired ? say(label) : say('kit.form.optional', { label: say(label) })}
      required={isRequired}
      withAsterisk={false}
      value={field.value}
      error={field.error}
      onChange={(event) => field.set(event.currentTarget.value)}
    />
  )
}
