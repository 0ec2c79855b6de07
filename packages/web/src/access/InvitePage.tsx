import { accessApi, Email, PersonName, type Role, type Scope } from '@vigie/domain/access'
import { Locale, TimeZone } from '@vigie/domain/kernel'
import * as z from 'zod'
import { useActor } from '../kit/actor.ts'
import { useGo } from '../kit/address.ts'
import { FieldRow, Form, LocaleField, NameFields, TextField, TimeZoneField, useForm } from '../kit/form/index.ts'
import { Link } from '../kit/Link.tsx'
import { Page, Panel } from '../kit/Page.tsx'
import { paths } from '../kit/paths.ts'
import { useAction } from '../kit/query.ts'
import { useText } from '../kit/text.tsx'
import { toast } from '../kit/toast.tsx'
import { buttonClass } from '../ui/Button.tsx'
import { cleanScope, RoleField } from './RoleField.tsx'
import { ScopeField } from './ScopeField.tsx'

const shape = z.object({ email: Email, firstName: PersonName, lastName: PersonName, locale: Locale, timeZone: TimeZone })

/** ACC-5: invited by mail; the link makes it active. */
export default function InvitePage() {
  const say = useText()
  const go = useGo()
  const { business } = useActor()
  const invite = useAction(accessApi.inviteAccount)
  const form = useForm({
    initial: {
      email: '',
      firstName: '',
      lastName: '',
      role: 'technician' as Role,
      locale: business.locale,
      timeZone: business.timeZone,
      scope: null as Scope,
    },
    shape,
    submit: (values, intent) => invite.run({ body: { ...values, scope: cleanScope(values.scope) } }, { intent }),
    onDone: (account) => {
      toast({ key: 'access.invite.done', values: { email: account.email } })
      void go(paths.accounts({ account: account.id }))
    },
  })
  return (
    <Page
      title="shell.invite"
      about="access.invite.about"
      crumbs={[
        { label: 'shell.administration', to: paths.administration() },
        { label: 'shell.accounts', to: paths.accounts() },
      ]}
      narrow
    >
      <Panel>
        <Form
          form={form}
          action="access.invite.send"
          secondary={
            <Link to={paths.accounts()} className={buttonClass()}>
              {say('kit.cancel')}
            </Link>
          }
        >
          <NameFields first="access.first-name" last="access.last-name" />
          <TextField name="email" label="access.email" type="email" isRequired />
          <FieldRow>
            <LocaleField name="locale" label="access.language" help="access.invite.language.help" />
            <TimeZoneField name="timeZone" label="access.time-zone" />
          </FieldRow>
          <RoleField name="role" />
          <ScopeField name="scope" />
        </Form>
      </Panel>
    </Page>
  )
}
