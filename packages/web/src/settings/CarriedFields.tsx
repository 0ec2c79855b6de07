import { Select } from '@mantine/core'
import { settingGroups, settingsApi, slotByKey, slotsOf, type SettingValues } from '@vigie/domain/settings'
import { useEffect } from 'react'
import { Button, query, SelectField, useField, useFormState, useQuietly, useText } from '../kit/index.ts'
import { SettingControl } from './SettingControl.tsx'
import css from './settings.module.css'
import { errorsOf } from './useSettings.ts'
import { slotName } from './words.ts'

/** What an order of settings carries (ADM-3): a version of a template, or single values. Fields of the order's form: `templateId`, `templateVersion`; `values`. */
export function CarriedFields({ carries }: { carries: string | null }) {
  return carries === 'template' ? <TemplateFields /> : <Values />
}

function TemplateFields() {
  const say = useText()
  const form = useFormState()
  const id = form.get('templateId') as string | null
  const templates = useQuietly(query(settingsApi.listTemplates).with({ query: {} }))?.rows ?? []
  const versions = useQuietly(id === null ? null : query(settingsApi.listTemplateVersions).with({ params: { templateId: id } }))?.rows ?? []
  const newest = versions[0]?.number
  const { get, set } = form
  const isKnown = versions.some(({ number }) => String(number) === get('templateVersion'))
  // another template has other versions; the newest is what most want
  useEffect(() => {
    if (newest !== undefined && !isKnown) set('templateVersion', String(newest))
    // oxlint-disable-next-line react-hooks/exhaustive-deps -- `set` is another function with each drawing, and does the same
  }, [newest, isKnown, id])
  return (
    <>
      <SelectField
        name="templateId"
        label="orders.carry.template"
        options={templates.map((template) => ({ value: template.id, label: { text: template.name } }))}
        isSearchable
        isRequired
      />
      {versions.length > 0 && (
        <SelectField
          name="templateVersion"
          label="orders.carry.version"
          isRequired
          options={versions.map(({ number }, at) => ({
            value: String(number),
            label: { text: at === 0 ? say('orders.carry.version.newest', { version: number }) : String(number) },
          }))}
        />
      )}
    </>
  )
}

/** One after the other: which, then its value. */
function Values() {
  const say = useText()
  const { value: values, set, error, id } = useField<SettingValues>('values')
  const errors = errorsOf(values, say)
  const chosen = Object.keys(values)
  const left = settingGroups
    .map((group) => ({
      group: say(`setting-group.${group.id}`),
      items: group.settings
        .filter(({ isDerived }) => !isDerived)
        .flatMap(slotsOf)
        .filter(({ key }) => !chosen.includes(key))
        .map(({ key }) => ({ value: key, label: slotName(say, key) })),
    }))
    .filter(({ items }) => items.length > 0)
  return (
    <>
      {chosen.map((key) => (
        <div key={key} className={css.carried}>
          <strong>{slotName(say, key)}</strong>
          <SettingControl
            slot={slotByKey.get(key)!}
            value={values[key]!}
            label={slotName(say, key)}
            isOff={false}
            error={errors[key]}
            set={(value) => set({ ...values, [key]: value })}
          />
          <Button
            kind="quiet"
            size="small"
            icon="close"
            aria-label={say('orders.carry.leave-out', { setting: slotName(say, key) })}
            onClick={() => set(Object.fromEntries(Object.entries(values).filter(([one]) => one !== key)))}
          />
        </div>
      ))}
      <Select
        id={id}
        label={say('orders.carry.add')}
        data={left}
        value={null}
        searchable
        error={error}
        nothingFoundMessage={say('kit.form.no-match')}
        required={chosen.length === 0}
        withAsterisk={false}
        onChange={(key) => key !== null && set({ ...values, [key]: slotByKey.get(key)!.setting.default })}
      />
    </>
  )
}
