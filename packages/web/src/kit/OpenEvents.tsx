import { useActor } from './actor.ts'
import { paths } from './paths.ts'
import { AttentionCounts } from './Severity.tsx'

/** Open events of a customer or product by severity, each the way to exactly those rows for whoever may see them (ACC-2). */
export function OpenEvents({
  attention,
  about,
}: {
  attention: { actionRequired: number; warning: number }
  about: { customerId?: string; productId?: string; group?: string }
}) {
  const mayRead = useActor().can('event.read')
  return (
    <AttentionCounts
      actionRequired={attention.actionRequired}
      warning={attention.warning}
      {...(mayRead ? { to: (severity) => paths.events({ ...about, severity }) } : {})}
    />
  )
}
