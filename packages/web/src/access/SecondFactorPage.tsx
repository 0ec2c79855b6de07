import { accessApi } from '@vigie/domain/access'
import { useState } from 'react'
import { meQuery } from '../kit/actor.ts'
import { api } from '../kit/api.ts'
import { Form, TextField, useForm } from '../kit/form/index.ts'
import { load } from '../kit/query.ts'
import { useText } from '../kit/text.tsx'
import { useSignOut } from '../kit/sign-out.ts'
import { useAfterSignIn } from './after-sign-in.ts'
import { Gate } from './Gate.tsx'
import css from './Gate.module.css'

export const loader = load(meQuery)

/** R31: a half-signed-in session reaches this, and nothing else. A code of the authenticator app, or one of the recovery codes. */
export default function SecondFactorPage() {
  const say = useText()
  const signOut = useSignOut()
  const [isRecovery, setRecovery] = useState(false)
  return (
    <Gate
      title="access.second-factor"
      about={isRecovery ? 'access.recovery.about' : 'access.code.about'}
      footer={
        <button type="button" className={css.linkButton} onClick={signOut}>
          {say('access.other-account')}
        </button>
      }
    >
      <CodeForm key={String(isRecovery)} isRecovery={isRecovery} />
      <p style={{ marginTop: 16 }}>
        <button type="button" className={css.linkButton} onClick={() => setRecovery(!isRecovery)}>
          {say(isRecovery ? 'access.use-code' : 'access.use-recovery')}
        </button>
      </p>
    </Gate>
  )
}

function CodeForm({ isRecovery }: { isRecovery: boolean }) {
  const goOn = useAfterSignIn()
  const form = useForm({
    initial: { code: '' },
    submit: ({ code }) =>
      api(accessApi.verifyMfa).call({ body: isRecovery ? { recoveryCode: code.trim() } : { code: code.replaceAll(/\s/g, '') } }),
    onDone: ({ state }) => void goOn(state),
    rename: { recoveryCode: 'code' },
  })
  return (
    <Form form={form} action="access.go-on" unguarded wide>
      <div className={isRecovery ? undefined : css.code}>
        <TextField
          name="code"
          label={isRecovery ? 'access.recovery-code' : 'access.code'}
          autoComplete="one-time-code"
          isMono
          isRequired
          autoFocus
          inputMode={isRecovery ? 'text' : 'numeric'}
          maxLength={isRecovery ? 40 : 7}
        />
      </div>
    </Form>
  )
}
