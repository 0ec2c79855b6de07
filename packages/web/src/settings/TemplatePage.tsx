import { Checkbox, Textarea, TextInput } from '@mantine/core'
import type { SettingValue } from '@vigie/domain/agents'
import { families, type Family } from '@vigie/domain/products'
import { settingGroups, settingsApi, slotByKey, slotsOf, type SettingValues, type Template } from '@vigie/domain/settings'
import { useState } from 'react'
import {
  Button,
  buttonClass,
  confirm,
  Link,
  load,
  Notice,
  Page,
  Panel,
  Part,
  paths,
  query,
  Section,
  Stack,
  toast,
  trouble,
  useAction,
  useActor,
  useAddress,
  useGo,
  useLoaded,
  useText,
  type Address,
} from '../kit/index.ts'
import { ApplyTemplate } from './ApplyTemplate.tsx'
import { SettingControl } from './SettingControl.tsx'
import css from './settings.module.css'
import { TemplateVersions } from './TemplateVersions.tsx'
import { errorsOf, tidied, type Draft } from './useSettings.ts'
import { slotName } from './words.ts'

const templateOf = (templateId: string) => query(settingsApi.getTemplate).with({ params: { templateId } })
/** A new one begins empty, or as a copy (`?from=`). */
const sourceOf = (at: Address) => (at.params['templateId'] === 'new' ? (at.search['from'] ?? null) : at.params['templateId']!)
export const loader = (at: Address) => {
  const id = sourceOf(at)
  return id === null ? Promise.resolve() : load(templateOf(id))(at)
}

export default function TemplatePage() {
  const at = useAddress()
  const id = sourceOf(at)
  return id === null ? <Editor template={null} isNew /> : <Known id={id} isNew={at.params['templateId'] === 'new'} />
}

function Known({ id, isNew }: { id: string; isNew: boolean }) {
  const template = useLoaded(templateOf(id))
  return <Editor key={`${id}-${template.version}-${isNew}`} template={template} isNew={isNew} />
}

/** ADM-3. Every save is a version; what follows the template keeps its own until the template is applied anew. */
function Editor({ template, isNew }: { template: Template | null; isNew: boolean }) {
  const say = useText()
  const go = useGo()
  const actor = useActor()
  const creating = useAction(settingsApi.createTemplate)
  const saving = useAction(settingsApi.saveTemplate)
  const removing = useAction(settingsApi.deleteTemplate)
  const [name, setName] = useState(
    template === null ? '' : isNew ? say('settings.template.copy-of', { name: template.name }).slice(0, 80) : template.name,
  )
  const [about, setAbout] = useState(template?.about ?? '')
  const [fits, setFits] = useState<readonly Family[]>(template?.families ?? ['endpoint-hosted'])
  const [values, setValues] = useState<SettingValues>(template?.values ?? {})
  const isFixed = !actor.can('template.update') || (!isNew && template?.isBuiltIn === true)
  const errors = errorsOf(values, say)
  const known = !isNew && template !== null
  const isSame =
    known &&
    name === template.name &&
    about === template.about &&
    JSON.stringify(fits) === JSON.stringify(template.families) &&
    JSON.stringify(sorted(tidied(values))) === JSON.stringify(sorted(template.values))
  const why =
    name.trim() === ''
      ? 'settings.template.needs-name'
      : fits.length === 0
        ? 'settings.template.needs-family'
        : Object.keys(errors).length > 0
          ? 'settings.correct-first'
          : isSame
            ? 'settings.template.unchanged'
            : undefined
  const save = async () => {
    const body = { name, about, families: [...fits], values: tidied(values) as Record<string, SettingValue> }
    try {
      const saved =
        isNew || template === null
          ? await creating.run({ body })
          : await saving.run({ params: { templateId: template.id }, body }, { version: template.version })
      toast({ key: 'settings.template.saved', values: { version: saved.version } })
      void go(paths.template({ templateId: saved.id }), { replace: true })
    } catch (error) {
      trouble(error)
    }
  }
  const remove = () =>
    confirm({
      title: { key: 'settings.template.delete.ask', values: { name } },
      consequence: 'settings.template.delete.about',
      action: 'kit.delete',
      isDangerous: true,
      run: async () => {
        await removing.run({ params: { templateId: template!.id } })
        void go(paths.templates(), { replace: true })
      },
    })
  return (
    <Page
      title={known ? { text: template.name } : 'settings.template.new'}
      crumbs={[
        { label: 'shell.administration', to: paths.administration() },
        { label: 'settings.templates', to: paths.templates() },
      ]}
      action={
        known && (
          <>
            {actor.can('setting.update') && actor.can('order.send') && (
              <Link className={buttonClass()} to={`${paths.newOrder()}?type=apply-settings&template=${template.id}`}>
                {say('settings.template.order')}
              </Link>
            )}
            {actor.can('template.update') && (
              <Link className={buttonClass()} to={`${paths.template({ templateId: 'new' })}?from=${template.id}`}>
                {say('settings.template.copy')}
              </Link>
            )}
            {actor.can('template.update') && !template.isBuiltIn && (
              <Button
                icon="trash"
                disabledReason={template.followerCount > 0 ? say('problem.template.in-use') : undefined}
                onClick={remove}
              >
                {say('kit.delete')}
              </Button>
            )}
          </>
        )
      }
    >
      <Stack>
        {known && template.isBuiltIn && <Notice title="settings.template.built-in.about">{say('remedy.copy-the-template')}</Notice>}
        {known && !template.isBuiltIn && isFixed && (
          <Notice title="settings.template.read-only">{say('remedy.ask-an-administrator')}</Notice>
        )}
        {known && actor.can('setting.update') && (
          <Part key={`apply-${template.version}`}>
            <ApplyTemplate template={template} />
          </Part>
        )}
        <Section title="settings.template.what">
          <Panel>
            <Stack tight>
              <TextInput
                label={say('settings.template.column.name')}
                value={name}
                disabled={isFixed}
                maxLength={80}
                onChange={(event) => setName(event.currentTarget.value)}
              />
              <Textarea
                label={say('settings.template.about')}
                value={about}
                disabled={isFixed}
                maxLength={500}
                autosize
                minRows={1}
                onChange={(event) => setAbout(event.currentTarget.value)}
              />
              <Checkbox.Group
                label={say('settings.template.column.families')}
                value={[...fits]}
                onChange={(next) => setFits(families.filter((family) => next.includes(family)))}
              >
                <div className={css.pick}>
                  {families.map((family) => (
                    <Checkbox key={family} value={family} label={say(`family.${family}`)} disabled={isFixed} />
                  ))}
                </div>
              </Checkbox.Group>
            </Stack>
          </Panel>
        </Section>
        {settingGroups.map((group) => (
          <Section key={group.id} title={`setting-group.${group.id}`}>
            <Panel lines>
              {group.settings
                .filter(({ isDerived }) => !isDerived)
                .map((setting) => (
                  <div key={setting.id} className={css.row}>
                    <strong className={css.name}>{say(`setting.${setting.id}`)}</strong>
                    <div className={css.slots}>
                      {slotsOf(setting).map((slot) => {
                        const isIn = Object.hasOwn(values, slot.key)
                        return (
                          <div key={slot.key} className={css.slot}>
                            {slot.place && <span className={css.place}>{say(`setting-place.${slot.place}`)}</span>}
                            <Checkbox
                              label={say(isIn ? 'settings.template.says' : 'settings.template.says-nothing')}
                              aria-label={say('settings.template.says-for', { setting: slotName(say, slot.key) })}
                              checked={isIn}
                              disabled={isFixed}
                              onChange={() =>
                                setValues(
                                  isIn ? without(values, slot.key) : { ...values, [slot.key]: slotByKey.get(slot.key)!.setting.default },
                                )
                              }
                            />
                            {isIn && (
                              <SettingControl
                                slot={slot}
                                value={values[slot.key]!}
                                label={slotName(say, slot.key)}
                                isOff={isFixed}
                                error={errors[slot.key]}
                                set={(value) => setValues({ ...values, [slot.key]: value })}
                              />
                            )}
                          </div>
                        )
                      })}
                    </div>
                  </div>
                ))}
            </Panel>
          </Section>
        ))}
        {!isFixed && (
          <div className={css.bar}>
            <span>{known ? say('settings.template.next-version', { version: template.version + 1 }) : ''}</span>
            <Button
              kind="primary"
              isBusy={creating.isRunning || saving.isRunning}
              disabledReason={why && say(why)}
              onClick={() => void save()}
            >
              {say('kit.save')}
            </Button>
          </div>
        )}
        {known && !template.isBuiltIn && (
          <Part key={`versions-${template.version}`}>
            <TemplateVersions templateId={template.id} />
          </Part>
        )}
      </Stack>
    </Page>
  )
}

const sorted = (values: Draft) => Object.entries(values).toSorted(([a], [b]) => (a < b ? -1 : 1))

function without(values: SettingValues, key: string): SettingValues {
  const { [key]: _, ...rest } = values
  return rest
}
