import { Select } from '@mantine/core'
import { isSame, settingsApi } from '@vigie/domain/settings'
import { useState } from 'react'
import { Ago, Panel, query, Section, Stack, useLoaded, useText } from '../kit/index.ts'
import css from './settings.module.css'
import { slotName, valueWords } from './words.ts'

const versionsOf = (templateId: string) => query(settingsApi.listTemplateVersions).with({ params: { templateId } })

/** Who saved what when; two versions side by side, where they differ. */
export function TemplateVersions({ templateId }: { templateId: string }) {
  const say = useText()
  const { rows } = useLoaded(versionsOf(templateId))
  const [older, setOlder] = useState(String(rows[1]?.number ?? rows[0]!.number))
  const [newer, setNewer] = useState(String(rows[0]!.number))
  const [a, b] = [older, newer].map((number) => rows.find((row) => String(row.number) === number)!) as [
    (typeof rows)[number],
    (typeof rows)[number],
  ]
  const keys = [...new Set([...Object.keys(a.values), ...Object.keys(b.values)])].filter((key) => !isSame(a.values[key], b.values[key]))
  const words = (row: typeof a, key: string) =>
    row.values[key] === undefined ? say('settings.template.says-nothing') : valueWords(say, key, row.values[key])
  const options = rows.map((row) => ({
    value: String(row.number),
    label: say('settings.template.version', { version: row.number, by: row.madeBy }),
  }))
  return (
    <Section title="settings.template.history">
      <Panel>
        <Stack tight>
          <div className={css.pick}>
            <Select
              label={say('settings.template.compare')}
              data={options}
              value={older}
              allowDeselect={false}
              onChange={(next) => next !== null && setOlder(next)}
            />
            <Select
              label={say('settings.template.with')}
              data={options}
              value={newer}
              allowDeselect={false}
              onChange={(next) => next !== null && setNewer(next)}
            />
          </div>
          <p className="quiet">
            {say('settings.template.version', { version: b.number, by: b.madeBy })} <Ago at={b.madeAt} />
          </p>
          {keys.length === 0 ? (
            <p className="quiet">{say('settings.template.same')}</p>
          ) : (
            <div className={css.changes}>
              {keys.map((key) => (
                <p key={key} className={css.change}>
                  <span>{slotName(say, key)}</span> <span>{say('settings.change', { from: words(a, key), to: words(b, key) })}</span>
                </p>
              ))}
            </div>
          )}
        </Stack>
      </Panel>
    </Section>
  )
}
