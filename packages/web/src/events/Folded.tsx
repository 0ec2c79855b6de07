import { Link, Notice, useText } from '../kit/index.ts'

/** What one virus alert does at many products at once is one line, and the way to its rows (EVT-5). */
export function Folded({ category, count, customers }: { category: string; count: number; customers: number }) {
  const say = useText()
  return (
    <Notice
      title={{ key: 'outbreak.folded', values: { count, customers } }}
      action={<Link to={`?${new URLSearchParams({ category, cursor: '', page: '' })}`}>{say('outbreak.folded.show')}</Link>}
    />
  )
}
