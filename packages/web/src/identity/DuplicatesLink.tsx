import { identityApi } from '@vigie/domain/identity'
import { buttonClass, Link, paths, query, useQuietly, useText } from '../kit/index.ts'

const waiting = query(identityApi.listDuplicates).with({ query: { sort: '-foundAt', limit: '1' as never } })

/** The way to the duplicates, and how many wait for a decision. */
export function DuplicatesLink() {
  const say = useText()
  const count = useQuietly(waiting)?.waiting ?? 0
  return (
    <Link className={buttonClass()} to={paths.duplicates()}>
      {count > 0 ? say('identity.duplicates.waiting', { count }) : say('identity.duplicates')}
    </Link>
  )
}
