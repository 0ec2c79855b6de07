import { identityApi } from '@vigie/domain/identity'
import { buttonClass, Link, Notice, paths, query, useQuietly, useText } from '../kit/index.ts'

/** AGT-11: on the product's page, where its agents went or are about to go. Nothing where they never did, or stayed. */
export function SwitchNotice({ productId }: { productId: string }) {
  const say = useText()
  const last = useQuietly(
    query(identityApi.listSwitches).with({ query: { productId: productId as never, limit: '1' as never, sort: '-createdAt' } }),
  )?.rows[0]
  if (!last || last.state === 'given-up' || last.state === 'refused') return null
  const isDone = last.state === 'done'
  return (
    <Notice
      tone={isDone ? 'plain' : 'pending'}
      title={{ key: isDone ? 'identity.switch.notice' : 'identity.switch.notice.under-way', values: { server: last.server } }}
      action={
        <Link className={buttonClass()} to={paths.switches({ productId, switch: last.id })}>
          {say('identity.switch.look')}
        </Link>
      }
    >
      {say(`switch-state.${last.state}.about`)}
    </Notice>
  )
}
