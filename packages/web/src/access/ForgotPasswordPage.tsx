import { accessApi } from '@vigie/domain/access'
import { useState } from 'react'
import { api } from '../kit/api.ts'
import { Form, TextField, useForm } from '../kit/form/index.ts'
import { Link } from '../kit/Link.tsx'
import { paths } from '../kit/paths.ts'
import { useText } from '../kit/text.tsx'
import { Gate } from './Gate.tsx'

/** Answers the same whether or not the account exists (R30). */
export default function ForgotPasswordPage() {
  const say = useText()
  const [email, setEmail] = useState<string | null>(null)
  const form = useForm({
    initial: { email: '' },
    shape: accessApi.ResetRequest,
    submit: (values) => api(accessApi.requestPasswordReset).call({ body: values }),
    onDone: (_, values) => setEmail(values.email),
  })
  const back = <Link to={paths.signIn()}>{say('access.back-to-sign-in')}</Link>
  if (email !== null)
    return (
      <Gate
        title="access.mail-sent"
        about={{ key: 'access.mail-sent.about', values: { email, command: 'npx vigie user reset-password' } }}
        footer={back}
      >
        {null}
      </Gate>
    )
  return (
    <Gate title="access.forgot.title" about="access.forgot.about" footer={back}>
      <Form form={form} action="access.send-link" unguarded wide>
        <TextField name="email" label="access.email" type="email" autoComplete="username" isRequired autoFocus />
      </Form>
    </Gate>
  )
}
