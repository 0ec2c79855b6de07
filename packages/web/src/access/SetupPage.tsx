import { accessApi } from '@vigie/domain/access'
import { Problem } from '@vigie/domain/kernel'
import { useEffect, useState } from 'react'
import { api } from '../kit/api.ts'
import { FieldRow, Form, LocaleField, NameFields, PasswordField, TextField, TimeZoneField, useForm } from '../kit/form/index.ts'
import { Link } from '../kit/Link.tsx'
import { paths } from '../kit/paths.ts'
import { describe } from '../kit/problems.ts'
import { useChangeLanguage, useText } from '../kit/text.tsx'
import { takeToken, useAfterSignIn } from './after-sign-in.ts'
import { Gate } from './Gate.tsx'

/** R8: exists until used, with the token that the server printed on its own console. */
export default function SetupPage() {
  const say = useText()
  const [token] = useState(takeToken)
  const [error, setError] = useState<unknown>(null)
  useEffect(() => void api(accessApi.getSetup).call({}).catch(setError), [])
  if (error) {
    // R8: once used it is as if it never was; to the person who opens the link again we say why.
    const { title, remedy } = describe(
      error instanceof Problem && error.kind.status === 404 ? new Problem('setup.done-already') : error,
      say,
    )
    return (
      <Gate title={{ text: title }} about={{ text: remedy }} footer={<Link to={paths.signIn()}>{say('access.back-to-sign-in')}</Link>}>
        {null}
      </Gate>
    )
  }
  if (!token)
    return (
      <Gate title="access.setup" about="access.setup.no-token">
        {null}
      </Gate>
    )
  return (
    <Gate title="access.setup" about="access.setup.about" wide>
      <Setup token={token} />
    </Gate>
  )
}

function Setup({ token }: { token: string }) {
  const say = useText()
  const change = useChangeLanguage()
  const goOn = useAfterSignIn()
  const form = useForm({
    initial: { businessName: '', firstName: '', lastName: '', email: '', password: '', locale: say.locale, timeZone: say.timeZone },
    shape: accessApi.SetupRequest.omit({ token: true }),
    submit: (values) => api(accessApi.completeSetup).call({ body: { token, ...values } }),
    onDone: ({ state }) => void goOn(state),
  })
  const { locale } = form.values
  // Both ways: the form's choice is drawn at once, and the page's own chooser fills the form.
  useEffect(() => void change(locale), [change, locale])
  // oxlint-disable-next-line react-hooks/exhaustive-deps -- only when the language changes
  useEffect(() => form.set('locale', say.locale), [say.locale])
  return (
    <Form form={form} action="access.setup.finish" wide>
      <TextField
        name="businessName"
        label="access.business-name"
        help="access.business-name.help"
        autoComplete="organization"
        isRequired
        autoFocus
      />
      <NameFields first="access.first-name" last="access.last-name" isOwn />
      <TextField name="email" label="access.email" help="access.setup.email.help" type="email" autoComplete="username" isRequired />
      <PasswordField name="password" label="access.password" help="access.password.help" autoComplete="new-password" isRequired />
      <FieldRow>
        <LocaleField name="locale" label="access.language" />
        <TimeZoneField name="timeZone" label="access.time-zone" />
      </FieldRow>
    </Form>
  )
}
