import { accessApi, type Account } from '@vigie/domain/access'
import { useActor } from '../kit/actor.ts'
import { useAddress } from '../kit/address.ts'
import { confirm, confirmByName } from '../kit/confirm.tsx'
import { Empty } from '../kit/Empty.tsx'
import { Link } from '../kit/Link.tsx'
import { Page } from '../kit/Page.tsx'
import { paths } from '../kit/paths.ts'
import { load, query, useAction, useLoaded } from '../kit/query.ts'
import { SidePanel } from '../kit/SidePanel.tsx'
import { columns } from '../kit/table/columns.tsx'
import { DataTable } from '../kit/table/DataTable.tsx'
import type { Action } from '../kit/table/actions.tsx'
import { nameOf, useText } from '../kit/text.tsx'
import { toast } from '../kit/toast.tsx'
import { buttonClass } from '../ui/Button.tsx'
import { AccountPanel } from './AccountPanel.tsx'

const list = query(accessApi.listAccounts).list()
export const loader = load(list)

const tones = { invited: 'pending', active: 'quiet', disabled: 'unknown' } as const
const column = columns<Account>('access.column')
const shown = [
  column.link('name', (account) => `?account=${account.id}`, { text: nameOf, sort: 'lastName', width: 200 }),
  column.text('email', (account) => account.email, { sort: true, minWidth: 140 }),
  column.state('role', (account) => ({ label: account.isPrimary ? 'access.primary' : `role.${account.role}` }), { sort: true, width: 170 }),
  column.state('state', (account) => ({ label: `account-state.${account.state}`, tone: tones[account.state] }), { width: 120 }),
  // Who was only invited has not had the chance: nothing to warn of yet.
  column.state(
    'hasMfa',
    (account) =>
      account.hasMfa
        ? { label: 'access.mfa.short-on' }
        : { label: 'access.mfa.short-off', tone: account.state === 'active' ? 'warning' : 'quiet' },
    { width: 150 },
  ),
  column.state(
    'scope',
    (account) => ({
      label: account.scope === null ? 'access.scope.everything' : { key: 'access.scope.rules', values: { count: account.scope.length } },
    }),
    { width: 130 },
  ),
  column.ago('lastSignInAt', { sort: true, width: 164 }),
  column.ago('createdAt', { hidden: true }),
]
const filters = [
  {
    key: 'state',
    label: 'access.column.state',
    isSingle: true,
    options: (['active', 'invited', 'disabled'] as const).map((value) => ({ value, label: `account-state.${value}` })),
  },
]

/** ACC-3..5: who may sign in at this business, as what, and to which customers. */
export default function AccountsPage() {
  const say = useText()
  const actor = useActor()
  const at = useAddress()
  const loaded = useLoaded(list)
  const actionsOf = useAccountActions()
  return (
    <Page
      title="shell.accounts"
      crumbs={[{ label: 'shell.administration', to: paths.administration() }]}
      action={
        actor.can('account.invite') && (
          <Link to={paths.inviteAccount()} className={buttonClass('primary')}>
            {say('shell.invite')}
          </Link>
        )
      }
      fills
    >
      <DataTable
        {...loaded}
        name="shell.accounts"
        columns={shown}
        filters={filters}
        search="access.accounts.search"
        sort="email"
        opens={(account) => `?account=${account.id}`}
        openId={at.search['account']}
        actions={actionsOf}
        empty={<Empty title="access.accounts.none" about="access.accounts.none.about" icon="user" />}
      />
      <SidePanel param="account" ids={loaded.rows.map(({ id }) => id)} label="access.account">
        {(accountId) => <AccountPanel accountId={accountId} actionsOf={actionsOf} />}
      </SidePanel>
    </Page>
  )
}

/** What may be done with an account, with the reason where it can't be now. */
function useAccountActions(): (account: Account) => Action[] {
  const actor = useActor()
  const update = useAction(accessApi.updateAccount)
  const remove = useAction(accessApi.removeAccount)
  const resend = useAction(accessApi.resendInvitation)
  return (account) => {
    const name = nameOf(account)
    const untouchable = account.isPrimary
      ? 'remedy.transfer-ownership-first'
      : account.id === actor.account.id
        ? 'remedy.ask-another-administrator'
        : undefined
    const setDisabled = (isDisabled: boolean) =>
      update.run({ params: { accountId: account.id }, body: { isDisabled } }, { version: account.version })
    const actions: Action[] = []
    if (actor.can('account.invite') && account.state === 'invited') {
      actions.push({
        label: 'access.resend',
        icon: 'mail',
        onSelect: () =>
          confirm({
            title: { key: 'access.resend.title', values: { name } },
            consequence: { key: 'access.resend.about', values: { email: account.email } },
            action: 'access.resend',
            run: () => resend.run({ params: { accountId: account.id } }).then(() => toast('access.resend.done')),
          }),
      })
    }
    if (actor.can('account.update') && account.state !== 'invited') {
      actions.push(
        account.state === 'disabled'
          ? {
              label: 'access.enable',
              icon: 'play',
              disabledReason: untouchable,
              onSelect: () =>
                confirm({
                  title: { key: 'access.enable.title', values: { name } },
                  consequence: 'access.enable.about',
                  action: 'access.enable',
                  run: () => setDisabled(false).then(() => toast('access.enable.done')),
                }),
            }
          : {
              label: 'access.disable',
              icon: 'stop',
              disabledReason: untouchable,
              onSelect: () =>
                confirm({
                  title: { key: 'access.disable.title', values: { name } },
                  consequence: 'access.disable.about',
                  undo: 'access.disable.undo',
                  action: 'access.disable',
                  isDangerous: true,
                  run: () => setDisabled(true).then(() => toast('access.disable.done')),
                }),
            },
      )
    }
    if (actor.can('account.remove')) {
      actions.push({
        label: 'access.remove',
        icon: 'trash',
        isDangerous: true,
        disabledReason: untouchable,
        onSelect: () =>
          confirmByName(account.email, () => remove.run({ params: { accountId: account.id } }).then(() => toast('access.remove.done')), {
            title: { key: 'access.remove.title', values: { name } },
            consequence: 'access.remove.about',
            action: 'access.remove',
          }),
      })
    }
    return actions
  }
}
