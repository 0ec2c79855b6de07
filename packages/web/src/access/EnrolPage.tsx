import { meQuery } from '../kit/actor.ts'
import { load } from '../kit/query.ts'
import { useText } from '../kit/text.tsx'
import { Toasts } from '../kit/toast.tsx'
import { useSignOut } from '../kit/sign-out.ts'
import { useAfterSignIn } from './after-sign-in.ts'
import { Gate } from './Gate.tsx'
import css from './Gate.module.css'
import { TotpSetup } from './TotpSetup.tsx'

export const loader = load(meQuery)

/** ACC-6: the business requires a second factor; until there is one, this page is all there is. */
export default function EnrolPage() {
  const say = useText()
  const signOut = useSignOut()
  const goOn = useAfterSignIn()
  return (
    <Gate
      title="access.enrol"
      about="access.enrol.about"
      wide
      footer={
        <button type="button" className={css.linkButton} onClick={signOut}>
          {say('access.other-account')}
        </button>
      }
    >
      <div>
        <TotpSetup onDone={() => void goOn('full')} />
      </div>
      <Toasts />
    </Gate>
  )
}
