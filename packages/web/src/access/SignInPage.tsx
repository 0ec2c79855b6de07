import { accessApi } from '@vigie/domain/access'
import { useState } from 'react'
import { api } from '../kit/api.ts'
import { Form, PasswordField, TextField, useForm } from '../kit/form/index.ts'
import { Link } from '../kit/Link.tsx'
import { paths } from '../kit/paths.ts'
import { useText } from '../kit/text.tsx'
import { trouble, Toasts } from '../kit/toast.tsx'
import { Icon } from '../ui/icons.tsx'
import { useAfterSignIn } from './after-sign-in.ts'
import { Gate } from './Gate.tsx'
import css from './Gate.module.css'

interface Choice {
  email: string
  password: string
  businesses: { id: string; name: string }[]
}

/** ACC-2: the same page for everybody. One e-mail may belong to accounts of several businesses: then it asks which. */
export default function SignInPage() {
  const say = useText()
  const goOn = useAfterSignIn()
  const [choice, setChoice] = useState<Choice | null>(null)
  const form = useForm({
    initial: { email: '', password: '' },
    submit: (values) => api(accessApi.signIn).call({ body: values }),
    onDone: ({ state, businesses }, values) => {
      if (state === 'choose-business') setChoice({ ...values, businesses: businesses ?? [] })
      else void goOn(state)
    },
  })
  if (choice) return <ChooseBusiness choice={choice} onBack={() => setChoice(null)} />
  return (
    <Gate title="access.sign-in">
      <Form form={form} action="access.sign-in" unguarded wide>
        <TextField name="email" label="access.email" type="email" autoComplete="username" autoFocus isRequired />
        <PasswordField name="password" label="access.password" autoComplete="current-password" isRequired />
        <p>
          <Link to={paths.forgotPassword()}>{say('access.forgot')}</Link>
        </p>
      </Form>
    </Gate>
  )
}

function ChooseBusiness({ choice, onBack }: { choice: Choice; onBack(): void }) {
  const say = useText()
  const goOn = useAfterSignIn()
  const choose = (businessId: string) =>
    api(accessApi.signIn)
      .call({ body: { email: choice.email, password: choice.password, businessId } })
      .then(({ state }) => {
        if (state !== 'choose-business') void goOn(state)
      }, trouble)
  return (
    <Gate
      title="access.choose-business"
      about="access.choose-business.about"
      footer={
        <button type="button" className={css.linkButton} onClick={onBack}>
          {say('access.other-account')}
        </button>
      }
    >
      <div className={css.choices}>
        {choice.businesses.map((business) => (
          <button key={business.id} type="button" className={css.choice} onClick={() => void choose(business.id)}>
            {business.name}
            <Icon name="chevronRight" />
          </button>
        ))}
      </div>
      <Toasts />
    </Gate>
  )
}
