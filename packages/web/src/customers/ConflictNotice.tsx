import { Ago, Button, Line, Notice, useText } from '../kit/index.ts'
import type { Speaker } from '../kit/text.tsx'
import css from './customers.module.css'
import type { Merge } from './merge.ts'

const labels: Readonly<Record<string, string>> = {
  'profile.company': 'customers.company',
  'profile.address': 'customers.address',
  'profile.city': 'customers.city',
  'profile.state': 'customers.state',
  'profile.postalCode': 'customers.postal-code',
  'profile.country': 'customers.country',
  'profile.industry': 'customers.industry',
  'profile.sizeEndpoints': 'customers.size',
  'profile.phone': 'customers.phone',
  'account.accountId': 'customers.account-id',
  'account.timeZone': 'customers.time-zone',
  'account.locale': 'customers.locale',
  tags: 'customers.column.tags',
}
const word = (say: Speaker, path: string) => say(labels[path] ?? path)
const value = (say: Speaker, path: string, one: unknown): string => {
  if (one === null || one === '' || (Array.isArray(one) && one.length === 0)) return say('customers.conflict.empty')
  if (path === 'account.locale') return say(`locale.${String(one)}`)
  return Array.isArray(one) ? one.join(', ') : String(one)
}

/** Who was first, as the server tells with its refusal. */
export interface ChangedBy {
  name: string
  at: string
}

/** Somebody else saved this customer while one was typing: what they changed, where both differ, and the two ways on. */
export function ConflictNotice({
  merge,
  by,
  takeTheirs,
  close,
}: {
  merge: Merge
  by: ChangedBy | null
  takeTheirs(): void
  close(): void
}) {
  const say = useText()
  return (
    <div role="alert">
      <Notice tone="warning" title="customers.conflict.title">
        {by && (
          <p>
            {say('customers.conflict.by', { name: by.name })} <Ago at={by.at} />
          </p>
        )}
        <p>{say('customers.conflict.about')}</p>
        {merge.taken.length > 0 && (
          <p>{say('customers.conflict.taken', { fields: merge.taken.map((path) => word(say, path)).join(', ') })}</p>
        )}
        {merge.conflicts.length > 0 && (
          <table className={css.conflicts}>
            <thead>
              <tr>
                <th scope="col">{say('customers.conflict.field')}</th>
                <th scope="col">{say('customers.conflict.theirs')}</th>
                <th scope="col">{say('customers.conflict.mine')}</th>
              </tr>
            </thead>
            <tbody>
              {merge.conflicts.map((conflict) => (
                <tr key={conflict.path}>
                  <th scope="row">{word(say, conflict.path)}</th>
                  <td>{value(say, conflict.path, conflict.theirs)}</td>
                  <td>{value(say, conflict.path, conflict.mine)}</td>
                </tr>
              ))}
            </tbody>
          </table>
        )}
        <div className={css.conflictButtons}>
          <Line>
            <Button size="small" onClick={close}>
              {say('customers.conflict.keep-mine')}
            </Button>
            <Button size="small" onClick={takeTheirs}>
              {say('customers.conflict.take-theirs')}
            </Button>
          </Line>
        </div>
      </Notice>
    </div>
  )
}
