import { mayGrant, partnerRoles, type Scope } from '@vigie/domain/access'
import { Radio } from '@mantine/core'
import { useActor } from '../kit/actor.ts'
import { useField } from '../kit/form/index.ts'
import { useText } from '../kit/text.tsx'

/** R5: only roles that go no further than one's own. `owner` comes by transfer, not by choice. */
export function RoleField({ name }: { name: string }) {
  const say = useText()
  const actor = useActor()
  const field = useField<string>(name)
  const offered = partnerRoles.filter((role) => role !== 'owner' && mayGrant(actor.account.role, role))
  return (
    <Radio.Group label={say('access.column.role')} value={field.value} onChange={field.set} error={field.error}>
      <div style={{ display: 'grid', gap: 10, marginTop: 6 }}>
        {offered.map((role) => (
          <Radio key={role} value={role} label={say(`role.${role}`)} description={say(`role.${role}.about`)} />
        ))}
      </div>
    </Radio.Group>
  )
}

/** Lines begun and not filled in say nothing: they are left out. */
export const cleanScope = (scope: Scope): Scope =>
  scope === null
    ? null
    : scope.filter(({ target }) =>
        target.kind === 'customer' ? target.customerId !== '' : target.kind === 'tag' ? target.tag.trim() !== '' : true,
      )
