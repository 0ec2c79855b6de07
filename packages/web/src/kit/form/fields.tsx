import { Checkbox, NumberInput, PasswordInput, Radio, SegmentedControl, Select, Switch, TagsInput, Textarea, TextInput } from '@mantine/core'
import { useMemo } from 'react'
import { locales } from '@vigie/domain/kernel'
import { languageNames, useFormat, useText, type Label } from '../text.tsx'
import { useField } from './Form.tsx'

interface Base {
  /** Path in the form's values: `profile.company`. */
  name: string
  label: Label
  help?: Label
  isRequired?: boolean
  placeholder?: Label
}

function useBase<T>({ name, label, help, isRequired, placeholder }: Base) {
  const say = useText()
  const field = useField<T>(name)
  return {
    field,
    props: {
      id: field.id,
      name,
      label: say(label),
      description: field.error === undefined && help ? say(help) : undefined,
      error: field.error,
      required: isRequired ?? false,
      withAsterisk: false,
      ...(placeholder ? { placeholder: say(placeholder) } : {}),
    },
  }
}

type TextProps = Base & { type?: 'text' | 'email' | 'tel' | 'search'; autoComplete?: string; isMono?: boolean; autoFocus?: boolean; inputMode?: 'numeric' | 'text'; maxLength?: number }
export function TextField({ type = 'text', autoComplete = 'off', isMono = false, autoFocus = false, inputMode, maxLength, ...base }: TextProps) {
  const { field, props } = useBase<string>(base)
  return (
    <TextInput
      {...props}
      type={type}
      autoComplete={autoComplete}
      data-autofocus={autoFocus || undefined}
      {...(inputMode ? { inputMode } : {})}
      {...(maxLength ? { maxLength } : {})}
      classNames={isMono ? { input: 'mono' } : {}}
      value={field.value}
      onChange={(event) => field.set(event.currentTarget.value)}
    />
  )
}

export function PasswordField({ autoComplete, ...base }: Base & { autoComplete: 'current-password' | 'new-password' }) {
  const say = useText()
  const { field, props } = useBase<string>(base)
  return (
    <PasswordInput {...props} autoComplete={autoComplete} visibilityToggleButtonProps={{ 'aria-label': say('kit.form.show-password'), tabIndex: 0 }} value={field.value} onChange={(event) => field.set(event.currentTarget.value)} />
  )
}

export function TextareaField({ rows = 3, ...base }: Base & { rows?: number }) {
  const { field, props } = useBase<string>(base)
  return <Textarea {...props} rows={rows} value={field.value} onChange={(event) => field.set(event.currentTarget.value)} />
}

/** Null: empty. */
export function NumberField({ min, max, suffix, ...base }: Base & { min?: number; max?: number; suffix?: string }) {
  const { field, props } = useBase<number | null>(base)
  return (
    <NumberInput
      {...props}
      {...(min === undefined ? {} : { min })}
      {...(max === undefined ? {} : { max })}
      {...(suffix ? { suffix: ` ${suffix}` } : {})}
      clampBehavior="none"
      allowDecimal={false}
      value={field.value ?? ''}
      onChange={(value) => field.set(value === '' ? null : Number(value))}
    />
  )
}

export interface Option {
  value: string
  label: Label
  disabled?: boolean
}
/** Null where `isClearable` and nothing is chosen. */
export function SelectField({ options, isSearchable = false, isClearable = false, ...base }: Base & { options: readonly Option[]; isSearchable?: boolean; isClearable?: boolean }) {
  const say = useText()
  const { field, props } = useBase<string | null>(base)
  return (
    <Select
      {...props}
      data={options.map((option) => ({ value: option.value, label: say(option.label), disabled: option.disabled ?? false }))}
      searchable={isSearchable}
      clearable={isClearable}
      allowDeselect={false}
      limit={400}
      nothingFoundMessage={say('kit.form.no-match')}
      clearButtonProps={{ 'aria-label': say('kit.form.clear') }}
      value={field.value}
      onChange={(value) => field.set(value)}
    />
  )
}

/** A few exclusive choices, side by side. */
export function ChoiceField({ options, ...base }: Base & { options: readonly Option[] }) {
  const say = useText()
  const { field, props } = useBase<string>(base)
  return (
    <Radio.Group {...props} value={field.value} onChange={field.set}>
      <div style={{ display: 'grid', gap: 8, marginTop: 6 }}>
        {options.map((option) => <Radio key={option.value} value={option.value} label={say(option.label)} disabled={option.disabled ?? false} />)}
      </div>
    </Radio.Group>
  )
}
export function SegmentField({ options, name, label }: Base & { options: readonly Option[] }) {
  const say = useText()
  const field = useField<string>(name)
  return <SegmentedControl aria-label={say(label)} value={field.value} onChange={field.set} data={options.map((option) => ({ value: option.value, label: say(option.label) }))} />
}

export function CheckboxField({ name, label, help }: Base) {
  const say = useText()
  const field = useField<boolean>(name)
  return <Checkbox id={field.id} label={say(label)} description={help && say(help)} error={field.error} checked={field.value} onChange={(event) => field.set(event.currentTarget.checked)} />
}
export function SwitchField({ name, label, help, disabled = false }: Base & { disabled?: boolean }) {
  const say = useText()
  const field = useField<boolean>(name)
  return <Switch id={field.id} label={say(label)} description={help && say(help)} error={field.error} disabled={disabled} checked={field.value} onChange={(event) => field.set(event.currentTarget.checked)} />
}

export function TagsField({ suggestions = [], maxTags = 20, ...base }: Base & { suggestions?: string[]; maxTags?: number }) {
  const { field, props } = useBase<string[]>(base)
  return <TagsInput {...props} data={suggestions} maxTags={maxTags} value={field.value} onChange={field.set} splitChars={[',', ';']} />
}

/** The three languages by their own names. */
export const LocaleField = (base: Base) => <SelectField {...base} options={locales.map((locale) => ({ value: locale, label: { text: languageNames[locale] } }))} />

/** All zones this browser knows; the server checks again. */
export function TimeZoneField(base: Base) {
  const present = useField<string>(base.name).value
  const options = useMemo(() => [...new Set(['UTC', ...Intl.supportedValuesOf('timeZone'), present])].filter(Boolean).map((zone) => ({ value: zone, label: { text: zone.replaceAll('_', ' ') } })), [present])
  return <SelectField {...base} options={options} isSearchable />
}

/** ISO 3166-1 alpha-2, named and sorted in the person's language. */
export function CountryField(base: Base) {
  const { locale } = useText()
  const { compare } = useFormat()
  const options = useMemo(() => {
    const names = new Intl.DisplayNames(locale, { type: 'region' })
    return countryCodes.map((code) => ({ value: code, label: { text: names.of(code) ?? code } })).toSorted((a, b) => compare(a.label.text, b.label.text))
  }, [locale, compare])
  return <SelectField {...base} options={options} isSearchable />
}

const countryCodes = (
  'AD AE AF AG AI AL AM AO AQ AR AS AT AU AW AX AZ BA BB BD BE BF BG BH BI BJ BL BM BN BO BQ BR BS BT BV BW BY BZ CA CC CD CF CG CH CI CK CL CM CN CO CR CU CV CW CX CY CZ DE DJ DK DM DO DZ EC EE EG EH ER ES ET FI FJ FK FM FO FR GA GB GD GE GF GG GH GI GL GM GN GP GQ GR GS GT GU GW GY HK HM HN HR HT HU ID IE IL IM IN IO IQ IR IS IT JE JM JO JP KE KG KH KI KM KN KP KR KW KY KZ LA LB LC LI LK LR LS LT LU LV LY MA MC MD ME MF MG MH MK ML MM MN MO MP MQ MR MS MT MU MV MW MX MY MZ NA NC NE NF NG NI NL NO NP NR NU NZ OM PA PE PF PG PH PK PL PM PN PR PS PT PW PY QA RE RO RS RU RW SA SB SC SD SE SG SH SI SJ SK SL SM SN SO SR SS ST SV SX SY SZ TC TD TF TG TH TJ TK TL TM TN TO TR TT TV TW TZ UA UG UM US UY UZ VA VC VE VG VI VN VU WF WS YE YT ZA ZM ZW'
).split(' ')
