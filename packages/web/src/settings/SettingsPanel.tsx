import { Problem } from '@vigie/domain/kernel'
import {
  settingGroups,
  settingsApi,
  slotsOf,
  type Setting,
  type SettingGroup,
  type SettingRow,
  type SettingsAt,
} from '@vigie/domain/settings'
import { useState } from 'react'
import {
  Button,
  Link,
  Notice,
  Panel,
  paths,
  Section,
  Stack,
  StateTag,
  toast,
  trouble,
  useAction,
  useActor,
  useLoaded,
  useText,
} from '../kit/index.ts'
import { SettingLine } from './SettingLine.tsx'
import css from './settings.module.css'
import { askAboutWeaker, errorsOf, settingsOf, tidied, useSaveSettings, type Draft, type Place } from './useSettings.ts'

/** AGT-4, PRD-4: every setting of one place, with its value, state and origin; what can't be done there is greyed, with the reason. */
export function SettingsPanel({ place }: { place: Place }) {
  const say = useText()
  const actor = useActor()
  const shown = useLoaded<SettingsAt>(settingsOf(place))
  const [draft, setDraft] = useState<Draft>({})
  const saving = useSaveSettings(place)
  const taking = useAction(settingsApi.takeOverSettings)
  const mayChange = actor.can('setting.update')
  const errors = errorsOf(draft, say)
  const count = Object.keys(draft).length
  const set = (key: string, value: Draft[string] | undefined) =>
    setDraft((present) => {
      const { [key]: _, ...rest } = present
      return value === undefined ? rest : { ...rest, [key]: value }
    })
  const save = () => saving.save(tidied(draft), shown.version, () => setDraft({})).catch(trouble)
  const takeOver = async (endpointId: string, key: string) => {
    if (shown.productId === null) return
    const take = (confirmWeaker: boolean) =>
      taking.run({ params: { productId: shown.productId! }, body: { endpointId, keys: [key], confirmWeaker } })
    try {
      await take(false)
      toast('settings.saved')
    } catch (error) {
      if (error instanceof Problem && error.code === 'setting.weakens') askAboutWeaker(say, error, () => take(true))
      else trouble(error)
    }
  }
  const rows = new Map(shown.rows.map((row) => [row.key, row]))
  return (
    <Stack>
      <Standing settings={shown} mayChange={mayChange} />
      {settingGroups.map((group) => (
        <Section
          key={group.id}
          title={`setting-group.${group.id}`}
          {...(say.has(`setting-group.${group.id}.about`) ? { about: `setting-group.${group.id}.about` } : {})}
        >
          <Panel lines>
            {partsOf(group, rows).map(({ settings, reason }) =>
              reason === null ? (
                settings.map((setting) => (
                  <div key={setting.id} className={css.row}>
                    <strong className={css.name}>{say(`setting.${setting.id}`)}</strong>
                    <div className={css.slots}>
                      {slotsOf(setting).map((slot) => (
                        <SettingLine
                          key={slot.key}
                          slot={slot}
                          row={rows.get(slot.key)!}
                          draft={draft}
                          mayChange={mayChange}
                          error={errors[slot.key]}
                          set={set}
                          takeOver={(endpointId, key) => void takeOver(endpointId, key)}
                        />
                      ))}
                    </div>
                  </div>
                ))
              ) : (
                <div key={reason} className={css.row} data-off="">
                  <span className={css.name}>{settings.map(({ id }) => say(`setting.${id}`)).join(say('settings.and'))}</span>
                  <span className={css.reason}>{say(`setting-reason.${reason}`)}</span>
                </div>
              ),
            )}
          </Panel>
        </Section>
      ))}
      {count > 0 && (
        <div className={css.bar} role="region" aria-label={say('settings.changes', { count })}>
          <span>{say('settings.changes', { count })}</span>
          <Button onClick={() => setDraft({})}>{say('settings.discard')}</Button>
          <Button
            kind="primary"
            isBusy={saving.isRunning}
            disabledReason={Object.keys(errors).length > 0 ? say('settings.correct-first') : undefined}
            onClick={() => void save()}
          >
            {say('kit.save')}
          </Button>
        </div>
      )}
    </Stack>
  )
}

/** What can be set, setting by setting; what can't, in one line with the reason (AGT-7). */
function partsOf({ settings }: SettingGroup, rows: ReadonlyMap<string, SettingRow>): { settings: Setting[]; reason: string | null }[] {
  const shown = settings.filter(({ isDerived }) => !isDerived)
  const reasonOf = (setting: Setting) => rows.get(slotsOf(setting)[0]!.key)!.reason
  return [...Map.groupBy(shown, reasonOf)]
    .map(([reason, some]) => ({ settings: some, reason }))
    .toSorted((a, b) => Number(a.reason !== null) - Number(b.reason !== null))
}

/** The template it follows, what departed from it, and the way out of drift. */
function Standing({ settings, mayChange }: { settings: SettingsAt; mayChange: boolean }) {
  const say = useText()
  const actor = useActor()
  const putting = useAction(settingsApi.putBackSettings)
  const drifted = settings.rows.filter((row) => row.state === 'drifted').length
  const failed = settings.rows.filter((row) => row.counts.some(({ state }) => state === 'failed')).length
  const putBack = async () => {
    try {
      const { endpoints } = await putting.run({ params: { productId: settings.productId! }, body: {} })
      toast({ key: 'settings.put-back.done', values: { count: endpoints } })
    } catch (error) {
      trouble(error)
    }
  }
  const { template } = settings
  return (
    <>
      <p className={css.lead}>
        {say(`settings.reach.${settings.level}`, { count: settings.endpointCount })}{' '}
        {say('settings.clock', { zone: settings.timeZone.replaceAll('_', ' ') })}
        {actor.can('template.read') && (
          <>
            {' '}
            <Link to={paths.templates()}>{say('settings.templates')}</Link>
          </>
        )}
      </p>
      {template && (
        <Notice
          tone={settings.departed.length > 0 ? 'warning' : 'plain'}
          title={{ key: 'settings.follows', values: { template: template.name, version: template.version } }}
          action={
            actor.can('template.read') && <Link to={paths.template({ templateId: template.id })}>{say('settings.template.open')}</Link>
          }
        >
          {settings.departed.length > 0 && (
            <StateTag tone="warning" label={{ key: 'settings.departed', values: { count: settings.departed.length } }} />
          )}
          {template.latestVersion !== null && template.latestVersion > template.version && (
            <p>{say('settings.newer', { version: template.latestVersion })}</p>
          )}
        </Notice>
      )}
      {drifted > 0 && settings.productId !== null && (
        <Notice
          tone="warning"
          title={{ key: 'settings.drifted', values: { count: drifted } }}
          action={
            mayChange && (
              <Button isBusy={putting.isRunning} onClick={() => void putBack()}>
                {say('settings.put-back')}
              </Button>
            )
          }
        >
          {say('settings.drifted.about')}
        </Notice>
      )}
      {failed > 0 && (
        <Notice
          tone="warning"
          title={{ key: 'settings.failed', values: { count: failed } }}
          action={
            mayChange &&
            settings.productId !== null &&
            drifted === 0 && (
              <Button isBusy={putting.isRunning} onClick={() => void putBack()}>
                {say('settings.try-again')}
              </Button>
            )
          }
        >
          <span className={css.words}>
            {say('settings.failed.about')}{' '}
            <Link
              to={
                settings.productId === null
                  ? paths.customer({ customerId: settings.customerId, tab: 'commands' })
                  : paths.product({ productId: settings.productId, tab: 'commands' })
              }
            >
              {say('settings.failed.why')}
            </Link>
          </span>
        </Notice>
      )}
    </>
  )
}
