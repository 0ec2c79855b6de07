import { longestDefenceDays, outbreakApi, OutbreakRule, ruleLevels } from '@vigie/domain/outbreak'
import { Button, ChoiceField, Dialog, Form, NumberField, Stack, SwitchField, toast, useAction, useForm, useText } from '../kit/index.ts'

/** One rule for these customers. */
export default function RuleDialog({
  ids,
  rule,
  clear,
  close,
}: {
  ids: readonly string[]
  rule: OutbreakRule
  clear(): void
  close(): void
}) {
  const say = useText()
  const set = useAction(outbreakApi.setRules)
  const form = useForm({
    initial: { ...rule, days: rule.days as number | null },
    shape: OutbreakRule as never,
    submit: (values, intent) => set.run({ body: { customerIds: [...ids], rule: values as OutbreakRule } }, { intent }),
    rename: Object.fromEntries(Object.keys(rule).map((key) => [`rule.${key}`, key])),
    onDone: ({ changed }) => {
      toast({ key: 'outbreak.rule.changed', values: { count: changed } })
      clear()
      close()
    },
  })
  const isOn = form.values.from !== 'never'
  return (
    <Dialog title={say('outbreak.rule.title', { count: ids.length })} closeLabel={say('kit.close')} onClose={close} size={560}>
      <Form form={form} unguarded action="kit.save" secondary={<Button onClick={close}>{say('kit.cancel')}</Button>}>
        <ChoiceField
          name="from"
          label="outbreak.rule.from"
          options={ruleLevels.map((level) => ({ value: level, label: `outbreak-rule.${level}` }))}
        />
        {isOn && (
          <Stack>
            <NumberField
              name="days"
              label="outbreak.rule.days-field"
              help={{ key: 'outbreak.rule.days-field.help', values: { max: longestDefenceDays } }}
              min={1}
              max={longestDefenceDays}
              isRequired
            />
            <SwitchField name="mayBlockPorts" label="outbreak.rule.ports" />
            <SwitchField name="mayDenyWrites" label="outbreak.rule.folders" help="outbreak.cannot-yet" disabled={!rule.mayDenyWrites} />
            <SwitchField
              name="mayBlockAttachments"
              label="outbreak.rule.attachments"
              help="outbreak.cannot-yet"
              disabled={!rule.mayBlockAttachments}
            />
          </Stack>
        )}
        <p className="quiet">{say('outbreak.rule.consent-too')}</p>
      </Form>
    </Dialog>
  )
}
