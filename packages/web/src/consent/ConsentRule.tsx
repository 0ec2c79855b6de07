import { consentApi } from '@vigie/domain/consent'
import { Form, Panel, query, Section, SwitchField, toast, useAction, useForm, useLoaded } from '../kit/index.ts'

export const consentRule = query(consentApi.getConsentRule).with({})

/** ACC-12: what "not recorded" means in this business. */
export function ConsentRule() {
  const { isStrict } = useLoaded(consentRule)
  const setting = useAction(consentApi.setConsentRule)
  const form = useForm({ initial: { isStrict }, submit: (body) => setting.run({ body }), onDone: () => toast('kit.saved') })
  return (
    <Section title="consent.rule" about="consent.rule.about">
      <Panel>
        <Form form={form} onlyWhenDirty>
          <SwitchField name="isStrict" label="consent.rule.strict" help="consent.rule.strict.help" />
        </Form>
      </Panel>
    </Section>
  )
}
