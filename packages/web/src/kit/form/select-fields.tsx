import { Select } from '@mantine/core'
import { locales } from '@vigie/domain/kernel'
import { useMemo } from 'react'
import { languageNames, useFormat, useText } from '../text.tsx'
import { useBase, type Base, type Option } from './base.ts'
import { useField } from './Form.tsx'

/** Null where `isClearable` and nothing is chosen. */
export function SelectField({
  options,
  isSearchable = false,
  isClearable = false,
  ...base
}: Base & { options: readonly Option[]; isSearchable?: boolean; isClearable?: boolean }) {
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
      onClick={(event) => isSearchable && event.currentTarget.select()} // what one types is looked for, not put behind what stood there
    />
  )
}

/** The three languages by their own names. */
export const LocaleField = (base: Base) => (
  <SelectField {...base} options={locales.map((locale) => ({ value: locale, label: { text: languageNames[locale] } }))} />
)

/** All zones this browser knows; the server checks again. */
export function TimeZoneField(base: Base) {
  const present = useField<string>(base.name).value
  const options = useMemo(
    () =>
      [...new Set(['UTC', ...Intl.supportedValuesOf('timeZone'), present])]
        .filter(Boolean)
        .map((zone) => ({ value: zone, label: { text: zone.replaceAll('_', ' ') } })),
    [present],
  )
  return <SelectField {...base} options={options} isSearchable />
}

/** ISO 3166-1 alpha-2, named and sorted in the person's language. */
export function CountryField(base: Base) {
  const { locale } = useText()
  const { compare } = useFormat()
  const options = useMemo(() => {
    const names = new Intl.DisplayNames(locale, { type: 'region' })
    return countryCodes
      .map((code) => ({ value: code, label: { text: names.of(code) ?? code } }))
      .toSorted((a, b) => compare(a.label.text, b.label.text))
  }, [locale, compare])
  return <SelectField {...base} options={options} isSearchable />
}

const countryCodes =
  'AD AE AF AG AI AL AM AO AQ AR AS AT AU AW AX AZ BA BB BD BE BF BG BH BI BJ BL BM BN BO BQ BR BS BT BV BW BY BZ CA CC CD CF CG CH CI CK CL CM CN CO CR CU CV CW CX CY CZ DE DJ DK DM DO DZ EC EE EG EH ER ES ET FI FJ FK FM FO FR GA GB GD GE GF GG GH GI GL GM GN GP GQ GR GS GT GU GW GY HK HM HN HR HT HU ID IE IL IM IN IO IQ IR IS IT JE JM JO JP KE KG KH KI KM KN KP KR KW KY KZ LA LB LC LI LK LR LS LT LU LV LY MA MC MD ME MF MG MH MK ML MM MN MO MP MQ MR MS MT MU MV MW MX MY MZ NA NC NE NF NG NI NL NO NP NR NU NZ OM PA PE PF PG PH PK PL PM PN PR PS PT PW PY QA RE RO RS RU RW SA SB SC SD SE SG SH SI SJ SK SL SM SN SO SR SS ST SV SX SY SZ TC TD TF TG TH TJ TK TL TM TN TO TR TT TV TW TZ UA UG UM US UY UZ VA VC VE VG VI VN VU WF WS YE YT ZA ZM ZW'.split(
    ' ',
  )
