import { accessApi, type Account } from '@vigie/domain/access'
import { useActor } from '../kit/actor.ts'
import { Ago } from '../kit/Ago.tsx'
import { Form, useForm } from '../kit/form/index.ts'
import { Notice } from '../kit/Notice.tsx'
import { Facts } from '../kit/Page.tsx'
import { query, useAction, useLoaded } from '../kit/query.ts'
import { StateTag } from '../kit/Severity.tsx'
import { RowMenu, type Action } from '../kit/table/actions.tsx'
import { languageNames, nameOf, useText } from '../kit/text.tsx'
import { toast } from '../kit/toast.tsx'
import css from './Account.module.css'
import { cleanScope, RoleField } from './RoleField.tsx'
import { ScopeField } from './ScopeField.tsx'

/** One account, over the list: what it is, and its role and scope to change. */
export function AccountPanel({ accountId, actionsOf }: { accountId: string; actionsOf(account: Account): Action[] }) {
  const say = useText()
  const actor = useActor()
  const account = useLoaded(query(accessApi.getAccount).with({ params: { accountId } }))
  const mayChange = actor.can('account.update') && !account.isPrimary && account.id !== actor.account.id
  return (
    <>
      <div className={`${css.panelHead} ${css.line}`}>
        <div>
          <h2>{nameOf(account)}</h2>
          <span className="quiet">{account.email}</span>
        </div>
        <RowMenu actions={actionsOf(account)} label="access.account.actions" />
      </div>
      <Facts
        facts={[
          ['access.column.state', <StateTag key="s" label={`account-state.${account.state}`} />],
          ['access.column.role', say(account.isPrimary ? 'access.primary' : `role.${account.role}`)],
          [
            'access.column.hasMfa',
            <StateTag
              key="m"
              {...(account.hasMfa
                ? { label: 'access.mfa.on' }
                : { label: 'access.mfa.off', tone: account.state === 'active' ? ('warning' as const) : ('quiet' as const) })}
            />,
          ],
          ['access.language', languageNames[account.locale]],
          ['access.time-zone', account.timeZone],
          ['access.told.short', say(account.isToldOfEvents ? 'common.yes' : 'common.no')],
          ['access.column.lastSignInAt', <Ago key="l" at={account.lastSignInAt} />],
          ['access.column.createdAt', <Ago key="c" at={account.createdAt} />],
        ]}
      />
      <div className={css.panelSection}>
        {mayChange ? (
          <Rights key={account.version} account={account} />
        ) : (
          <Notice>
            {say(
              account.isPrimary
                ? 'access.primary.about'
                : account.id === actor.account.id
                  ? 'access.self.about'
                  : 'remedy.ask-an-administrator',
            )}
          </Notice>
        )}
      </div>
    </>
  )
}

function Rights({ account }: { account: Account }) {
  const update = useAction(accessApi.updateAccount)
  const form = useForm({
    initial: { role: account.role, scope: account.scope },
    submit: ({ role, scope }) =>
      update.run({ params: { accountId: account.id }, body: { role, scope: cleanScope(scope) } }, { version: account.version }),
    onDone: () => toast('kit.saved'),
  })
  return (
    <Form form={form} onlyWhenDirty>
      <RoleField name="role" />
      <ScopeField name="scope" />
    </Form>
  )
}
