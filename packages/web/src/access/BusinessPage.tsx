import { accessApi } from '@vigie/domain/access'
import { AccountId } from '@vigie/domain/kernel'
import * as z from 'zod'
import { ConsentRule, consentRule } from '../consent/index.ts'
import { useActor } from '../kit/actor.ts'
import {
  FieldRow,
  Form,
  LocaleField,
  PasswordField,
  SelectField,
  SwitchField,
  TextField,
  TimeZoneField,
  useForm,
} from '../kit/form/index.ts'
import { Page, Panel, Section } from '../kit/Page.tsx'
import { Notice } from '../kit/Notice.tsx'
import { paths } from '../kit/paths.ts'
import { load, query, useAction, useLoaded, useQuietly } from '../kit/query.ts'
import { toast } from '../kit/toast.tsx'
import { nameOf, useText } from '../kit/text.tsx'

const businessQuery = query(accessApi.getBusiness).with({})
const candidatesQuery = query(accessApi.listAccounts).with({ query: { state: 'active', limit: 200 } })
export const loader = load(businessQuery, consentRule)
const transferShape = z.object({ accountId: AccountId, password: z.string().min(1) })

export default function BusinessPage() {
  const business = useLoaded(businessQuery)
  const actor = useActor()
  return (
    <Page title="shell.business" crumbs={[{ label: 'shell.administration', to: paths.administration() }]} narrow>
      <Settings key={business.version} />
      {actor.can('business.update') && <ConsentRule />}
      {actor.can('business.transfer-primary') && actor.account.isPrimary && <Transfer />}
    </Page>
  )
}

function Settings() {
  const business = useLoaded(businessQuery)
  const update = useAction(accessApi.updateBusiness)
  const form = useForm({
    initial: { name: business.name, locale: business.locale, timeZone: business.timeZone, isMfaRequired: business.isMfaRequired },
    shape: accessApi.BusinessChange,
    submit: (values) => update.run({ body: values }, { version: business.version }),
    onDone: () => toast('kit.saved'),
  })
  return (
    <Section title="access.business.settings">
      <Panel>
        <Form form={form} onlyWhenDirty>
          <TextField name="name" label="access.business-name" help="access.business.name.help" isRequired />
          <FieldRow>
            <LocaleField name="locale" label="access.language" help="access.business.language.help" />
            <TimeZoneField name="timeZone" label="access.time-zone" />
          </FieldRow>
          <SwitchField name="isMfaRequired" label="access.business.mfa" help="access.business.mfa.help" />
        </Form>
      </Panel>
    </Section>
  )
}

/** ACC-4: the primary user account can't be edited or removed, only handed over; both are told by mail. */
function Transfer() {
  const say = useText()
  const actor = useActor()
  const transfer = useAction(accessApi.transferPrimary)
  const candidates = (useQuietly(actor.can('account.read') ? candidatesQuery : null)?.rows ?? []).filter(
    (account) => account.id !== actor.account.id,
  )
  const options = candidates.map((account) => ({ value: account.id, label: { text: `${nameOf(account)} (${account.email})` } }))
  const form = useForm({
    shape: transferShape,
    initial: { accountId: null as string | null, password: '' },
    submit: ({ accountId, password }) => transfer.run({ body: { accountId: accountId ?? '', password } }),
    onDone: () => {
      form.reset({ accountId: null, password: '' })
      toast('access.transfer.done')
    },
  })
  const chosen = candidates.find(({ id }) => id === form.values.accountId)
  return (
    <Section title="access.transfer" about="access.transfer.about">
      <Panel>
        {options.length === 0 ? (
          <Notice>{say('access.transfer.nobody')}</Notice>
        ) : (
          <Form form={form} action="access.transfer" isDangerous onlyWhenDirty>
            <FieldRow>
              <SelectField name="accountId" label="access.transfer.to" options={options} isSearchable isRequired />
              <PasswordField name="password" label="access.current-password" autoComplete="current-password" isRequired />
            </FieldRow>
            {chosen && (
              <Notice tone="warning" title={{ key: 'access.transfer.title', values: { name: nameOf(chosen) } }}>
                {say('access.transfer.consequence')} {say('access.transfer.undo')}
              </Notice>
            )}
          </Form>
        )}
      </Panel>
    </Section>
  )
}
