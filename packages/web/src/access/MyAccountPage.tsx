import { accessApi, type Session } from '@vigie/domain/access'
import { useState } from 'react'
import { useActor } from '../kit/actor.ts'
import { useGo } from '../kit/address.ts'
import { Ago } from '../kit/Ago.tsx'
import { confirm } from '../kit/confirm.tsx'
import { FieldRow, Form, LocaleField, NameFields, PasswordField, SwitchField, TimeZoneField, useForm } from '../kit/form/index.ts'
import { lazily } from '../kit/lazily.ts'
import { Page, Panel, Section } from '../kit/Page.tsx'
import { Part } from '../kit/Part.tsx'
import { paths } from '../kit/paths.ts'
import { load, query, useAction, useLoaded } from '../kit/query.ts'
import { StateTag } from '../kit/Severity.tsx'
import { useText } from '../kit/text.tsx'
import { toast } from '../kit/toast.tsx'
import { Button } from '../ui/Button.tsx'
import { Dialog } from '../ui/Dialog.tsx'
import css from './Account.module.css'
import { readUserAgent } from './user-agent.ts'

/** They come once they are made, with what draws the code for an app. */
const RecoveryCodes = lazily(() => import('./TotpSetup.tsx'), 'RecoveryCodes')

const sessionsQuery = query(accessApi.listSessions).with({})
export const loader = load(sessionsQuery)

/** ACC-5, ACC-6: what each may change about himself, whatever the role. */
export default function MyAccountPage() {
  const { account } = useActor()
  return (
    <Page title="shell.my-account" about={{ text: account.email }} narrow>
      <Profile key={account.version} />
      <Password />
      <SecondFactor />
      <Sessions />
    </Page>
  )
}

function Profile() {
  const { account } = useActor()
  const update = useAction(accessApi.updateMe)
  const form = useForm({
    initial: {
      firstName: account.firstName,
      lastName: account.lastName,
      locale: account.locale,
      timeZone: account.timeZone,
      isToldOfEvents: account.isToldOfEvents,
    },
    shape: accessApi.MeChange,
    submit: (values) => update.run({ body: values }),
    onDone: () => toast('kit.saved'),
  })
  return (
    <Section title="access.profile">
      <Panel>
        <Form form={form} onlyWhenDirty>
          <NameFields first="access.first-name" last="access.last-name" isOwn />
          <FieldRow>
            <LocaleField name="locale" label="access.language" />
            <TimeZoneField name="timeZone" label="access.time-zone" />
          </FieldRow>
          <SwitchField name="isToldOfEvents" label="access.told" help="access.told.help" />
        </Form>
      </Panel>
    </Section>
  )
}

function Password() {
  const change = useAction(accessApi.changePassword)
  const empty = { currentPassword: '', newPassword: '' }
  const form = useForm({
    initial: empty,
    shape: accessApi.PasswordChange,
    submit: (values) => change.run({ body: values }),
    onDone: () => {
      form.reset(empty)
      toast('access.password.changed')
    },
    rename: { password: 'newPassword' },
  })
  return (
    <Section title="access.password" about="access.password.about">
      <Panel>
        <Form form={form} action="access.password.change" onlyWhenDirty>
          <FieldRow>
            <PasswordField name="currentPassword" label="access.current-password" autoComplete="current-password" isRequired />
            <PasswordField
              name="newPassword"
              label="access.new-password"
              help="access.password.help"
              autoComplete="new-password"
              isRequired
            />
          </FieldRow>
        </Form>
      </Panel>
    </Section>
  )
}

function SecondFactor() {
  const say = useText()
  const go = useGo()
  const { account, business } = useActor()
  const [asking, setAsking] = useState<'remove' | 'renew' | null>(null)
  const [codes, setCodes] = useState<string[] | null>(null)
  return (
    <Section title="access.second-factor" about="access.second-factor.about">
      <Panel>
        <div className={css.line}>
          <StateTag label={account.hasMfa ? 'access.mfa.on' : 'access.mfa.off'} tone={account.hasMfa ? 'good' : 'warning'} />
          <span className={css.buttons}>
            {account.hasMfa ? (
              <>
                <Button onClick={() => setAsking('renew')}>{say('access.recovery.renew')}</Button>
                <Button
                  onClick={() => setAsking('remove')}
                  disabledReason={business.isMfaRequired ? say('remedy.business-requires-mfa') : undefined}
                >
                  {say('access.mfa.remove')}
                </Button>
              </>
            ) : (
              <Button kind="primary" onClick={() => void go(paths.secondFactorSetup())}>
                {say('access.mfa.set-up')}
              </Button>
            )}
          </span>
        </div>
      </Panel>
      {asking === 'remove' && (
        <AskPassword
          title="access.mfa.remove"
          about="access.mfa.remove.about"
          action="access.mfa.remove"
          isDangerous
          onClose={() => setAsking(null)}
          route={accessApi.removeTotp}
          onDone={() => toast('access.mfa.removed')}
        />
      )}
      {asking === 'renew' && (
        <AskPassword
          title="access.recovery.renew"
          about="access.recovery.renew.about"
          action="access.recovery.renew"
          onClose={() => setAsking(null)}
          route={accessApi.renewRecoveryCodes}
          onDone={({ recoveryCodes }) => setCodes(recoveryCodes)}
        />
      )}
      {codes && (
        <Dialog title={say('access.recovery.codes')} closeLabel={say('kit.close')} onClose={() => setCodes(null)} size={520}>
          <Part>
            <RecoveryCodes codes={codes} onDone={() => setCodes(null)} />
          </Part>
        </Dialog>
      )}
    </Section>
  )
}

type PasswordRoute = typeof accessApi.removeTotp | typeof accessApi.renewRecoveryCodes
interface AskProps<R extends PasswordRoute> {
  title: string
  about: string
  action: string
  isDangerous?: boolean
  route: R
  onDone(reply: R extends typeof accessApi.renewRecoveryCodes ? { recoveryCodes: string[] } : null): void
  onClose(): void
}
/** Whoever changes the second factor shows that it is really him. */
function AskPassword<R extends PasswordRoute>({ title, about, action, isDangerous = false, route, onDone, onClose }: AskProps<R>) {
  const say = useText()
  const run = useAction<PasswordRoute>(route)
  const form = useForm({
    initial: { password: '' },
    submit: (values) => run.run({ body: values }),
    onDone: (reply) => {
      onClose()
      onDone(reply as never)
    },
  })
  return (
    <Dialog title={say(title)} closeLabel={say('kit.close')} onClose={onClose}>
      <p style={{ marginBottom: 16 }}>{say(about)}</p>
      <Form
        form={form}
        action={action}
        isDangerous={isDangerous}
        unguarded
        secondary={<Button onClick={onClose}>{say('kit.cancel')}</Button>}
      >
        <PasswordField name="password" label="access.current-password" autoComplete="current-password" isRequired />
      </Form>
    </Dialog>
  )
}

function Sessions() {
  const say = useText()
  const { rows } = useLoaded(sessionsQuery)
  const end = useAction(accessApi.endSession)
  const ask = (session: Session) =>
    confirm({
      title: 'access.session.end.title',
      consequence: { key: 'access.session.end.about', values: { where: `${readUserAgent(session.userAgent)}, ${session.address}` } },
      action: 'access.session.end',
      isDangerous: true,
      run: () => end.run({ params: { sessionId: session.id } }).then(() => toast('access.session.ended')),
    })
  return (
    <Section title="access.sessions" about="access.sessions.about">
      <Panel lines>
        {rows.map((session) => (
          <div key={session.id} className={css.line}>
            <div className={css.session}>
              <span className={css.device}>
                {readUserAgent(session.userAgent) || say('access.session.unknown')}
                {session.isCurrent && <span className={css.current}>{say('access.session.current')}</span>}
              </span>
              <span className="faint">
                <span className="mono">{session.address}</span> · {say('access.session.used')} <Ago at={session.lastUsedAt} />
              </span>
            </div>
            {!session.isCurrent && (
              <Button size="small" onClick={() => ask(session)}>
                {say('access.session.end')}
              </Button>
            )}
          </div>
        ))}
      </Panel>
    </Section>
  )
}
