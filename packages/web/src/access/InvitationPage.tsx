import { accessApi } from '@vigie/domain/access'
import type { Locale } from '@vigie/domain/kernel'
import { useEffect, useState } from 'react'
import { api } from '../kit/api.ts'
import { describe } from '../kit/problems.ts'
import { FieldRow, Form, LocaleField, NameFields, PasswordField, TimeZoneField, useForm } from '../kit/form/index.ts'
import { Link } from '../kit/Link.tsx'
import { paths } from '../kit/paths.ts'
import { Bars } from '../kit/Skeleton.tsx'
import { useChangeLanguage, useText } from '../kit/text.tsx'
import { takeToken, useAfterSignIn } from './after-sign-in.ts'
import { Gate } from './Gate.tsx'

interface Invitation {
  email: string
  businessName: string
  locale: Locale
}

/** ACC-5: greets in the language the account was invited in, then makes it active and signs in. */
export default function InvitationPage() {
  const say = useText()
  const change = useChangeLanguage()
  const [token] = useState(takeToken)
  const [invitation, setInvitation] = useState<Invitation | null>(null)
  const [error, setError] = useState<unknown>(null)
  useEffect(() => {
    void api(accessApi.lookAtInvitation)
      .call({ body: { token } })
      .then((found) => {
        setInvitation(found)
        return change(found.locale)
      }, setError)
  }, [token, change])
  if (error) {
    const { title, remedy } = describe(error, say)
    return (
      <Gate title={{ text: title }} about={{ text: remedy }} footer={<Link to={paths.signIn()}>{say('access.back-to-sign-in')}</Link>}>
        {null}
      </Gate>
    )
  }
  if (!invitation)
    return (
      <Gate title="access.invitation">
        <div>
          <Bars rows={5} />
        </div>
      </Gate>
    )
  return (
    <Gate
      title={{ key: 'access.invitation.title', values: { business: invitation.businessName } }}
      about={{ key: 'access.invitation.about', values: { email: invitation.email } }}
      wide
    >
      <Accept token={token} invitation={invitation} />
    </Gate>
  )
}

function Accept({ token, invitation }: { token: string; invitation: Invitation }) {
  const say = useText()
  const change = useChangeLanguage()
  const goOn = useAfterSignIn()
  const form = useForm({
    initial: { firstName: '', lastName: '', locale: invitation.locale, timeZone: say.timeZone, password: '' },
    shape: accessApi.InvitationAnswer.omit({ token: true }),
    submit: (values) => api(accessApi.acceptInvitation).call({ body: { token, ...values } }),
    onDone: ({ state }) => void goOn(state),
  })
  const { locale } = form.values
  // Both ways: the form's choice is drawn at once, and the page's own chooser fills the form.
  useEffect(() => void change(locale), [change, locale])
  // oxlint-disable-next-line react-hooks/exhaustive-deps -- only when the language changes
  useEffect(() => form.set('locale', say.locale), [say.locale])
  return (
    <Form form={form} action="access.invitation.accept" unguarded wide>
      <input type="hidden" name="username" autoComplete="username" value={invitation.email} />
      <NameFields first="access.first-name" last="access.last-name" isOwn autoFocus />
      <PasswordField name="password" label="access.new-password" help="access.password.help" autoComplete="new-password" isRequired />
      <FieldRow>
        <LocaleField name="locale" label="access.language" />
        <TimeZoneField name="timeZone" label="access.time-zone" />
      </FieldRow>
    </Form>
  )
}
