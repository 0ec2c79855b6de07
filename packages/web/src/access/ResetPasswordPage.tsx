import { accessApi } from '@vigie/domain/access'
import { useState } from 'react'
import { api } from '../kit/api.ts'
import { Form, PasswordField, useForm } from '../kit/form/index.ts'
import { Link } from '../kit/Link.tsx'
import { paths } from '../kit/paths.ts'
import { useText } from '../kit/text.tsx'
import { buttonClass } from '../ui/Button.tsx'
import { takeToken } from './after-sign-in.ts'
import { Gate } from './Gate.tsx'

/** R31: the password only; the second factor is still asked at the next sign-in. */
export default function ResetPasswordPage() {
  const say = useText()
  const [token] = useState(takeToken)
  const [isDone, setDone] = useState(false)
  const form = useForm({
    initial: { password: '' },
    shape: accessApi.NewPasswordByLink.pick({ password: true }),
    submit: ({ password }) => api(accessApi.completePasswordReset).call({ body: { token, password } }),
    onDone: () => setDone(true),
    rename: { token: '' },
  })
  if (isDone) {
    return (
      <Gate title="access.reset.done" about="access.reset.done.about">
        <div>
          <Link to={paths.signIn()} className={buttonClass('primary')}>
            {say('access.sign-in')}
          </Link>
        </div>
      </Gate>
    )
  }
  return (
    <Gate title="access.reset" about="access.reset.about" footer={<Link to={paths.forgotPassword()}>{say('access.reset.new-link')}</Link>}>
      <Form form={form} action="access.reset.set" unguarded wide>
        <PasswordField name="password" label="access.new-password" help="access.password.help" autoComplete="new-password" isRequired />
      </Form>
    </Gate>
  )
}
