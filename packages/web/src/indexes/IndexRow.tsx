import { eventsApi } from '@vigie/domain/events'
import { useEffect, useMemo } from 'react'
import * as z from 'zod'
import { Button, Form, NumberField, StateTag, toast, trouble, useAction, useFormat, useForm, useText } from '../kit/index.ts'
import { isOwn, type Setting, type Whose } from './groups.ts'
import { IndexPreview } from './IndexPreview.tsx'
import css from './indexes.module.css'

/** One threshold: its value, where that comes from, its bounds, and the way back to what is inherited. */
export function IndexRow({ setting, whose, mayChange }: { setting: Setting; whose: Whose; mayChange: boolean }) {
  const say = useText()
  const { number, list } = useFormat()
  const saving = useAction(eventsApi.setIndex)
  const { category, name, value, min, max } = setting
  const key = `index.${category}.${name}`
  const words = say.has(key) ? say(key) : name
  const shape = useMemo(
    () =>
      z.object({
        value: z
          .number({ error: (issue) => (issue.input === null ? 'required' : undefined) })
          .int()
          .min(min)
          .max(max),
      }),
    [min, max],
  )
  const set = (next: number | null) =>
    saving.run({ body: { category, name, value: next, customerId: whose.customerId ?? null, tag: whose.tag ?? null } })
  const form = useForm<{ value: number | null }, unknown>({
    initial: { value },
    shape,
    submit: (values) => set(values.value),
    onDone: () => toast('kit.saved'),
  })
  // Somebody else's change, or ours that has just come back: shown, unless the person is typing another one.
  useEffect(() => {
    if (!form.isDirty) form.reset({ value })
    // oxlint-disable-next-line react-hooks/exhaustive-deps -- only a new value from the server
  }, [value])
  const inherit = async () => {
    try {
      const { rows } = await set(null)
      const now = rows.find((row) => row.category === category && row.name === name)
      if (now) form.reset({ value: now.value })
      toast('indexes.inherited')
    } catch (error) {
      trouble(error)
    }
  }
  return (
    <div className={css.row}>
      <div className={css.words}>
        <strong>{words}</strong>
        {say.has(`${key}.about`) && <p className="quiet">{say(`${key}.about`)}</p>}
        {setting.ofTags.length > (setting.from === 'tag' ? 1 : 0) && (
          <p className="quiet">
            {say(setting.from === 'customer' ? 'indexes.tags.outweighed' : 'indexes.tags.stricter', {
              tags: list(setting.ofTags.map((one) => say('indexes.tags.one', { tag: one.tag, value: number(one.value) }))),
            })}
          </p>
        )}
        <p className={css.bounds}>{say('indexes.bounds', { min: number(min), max: number(max), default: number(setting.default) })}</p>
      </div>
      <div className={css.value}>
        {mayChange ? (
          <Form
            form={form}
            buttons={
              form.isDirty ? (
                <span className={css.buttons}>
                  <Button type="submit" kind="primary" size="small" isBusy={form.isBusy}>
                    {say('kit.save')}
                  </Button>
                  <Button size="small" onClick={() => form.reset()}>
                    {say('kit.cancel')}
                  </Button>
                </span>
              ) : (
                <></>
              )
            }
          >
            <NumberField name="value" label={{ text: words }} min={min} max={max} />
          </Form>
        ) : (
          <span className={`${css.plain} figures`}>{number(value)}</span>
        )}
        <span className={css.from}>
          <StateTag label={{ key: `index-from.${setting.from}`, values: { tag: setting.tag ?? '' } }} tone="quiet" />
          {mayChange && isOwn(setting, whose) && (
            <Button kind="quiet" size="small" isBusy={saving.isRunning} onClick={() => void inherit()}>
              {say(whose.customerId || whose.tag ? 'indexes.to-inherited' : 'indexes.to-default')}
            </Button>
          )}
        </span>
      </div>
      {mayChange && form.isDirty && (
        <IndexPreview
          category={category}
          name={name}
          value={shape.safeParse(form.values).success ? form.values.value : null}
          whose={whose}
        />
      )}
    </div>
  )
}
