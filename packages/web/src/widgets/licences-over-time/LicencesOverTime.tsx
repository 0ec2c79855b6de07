import type { licencesOverTime } from '@vigie/domain/figures'
import { licenceKinds } from '@vigie/domain/licences'
import type * as z from 'zod'
import { useText } from '../../kit/index.ts'
import type { ViewProps } from '../define.ts'
import { OverTime } from '../parts/OverTime.tsx'
import { chosenType, TypeMenu } from '../parts/TypeMenu.tsx'

/** Full licences and trials at the end of each week or month; of all product types, or of one. */
export function LicencesOverTime(props: ViewProps<z.output<typeof licencesOverTime.value>>) {
  const say = useText()
  const { value, options, choose } = props
  const type = chosenType(value.types, options.type)
  const of = value.types.find(({ typeId }) => typeId === type) ?? value
  const series = of.kinds.map(({ kind, now, counts }) => ({
    id: kind,
    name: say(`licence-kind.${kind}`),
    tone: licenceKinds.indexOf(kind),
    now,
    counts,
  }))
  const bars = value.bars.map((bar, n) => ({ ...bar, count: of.kinds.reduce((sum, { counts }) => sum + counts[n]!, 0) }))
  return (
    <OverTime
      {...props}
      value={{ ...value, now: of.now, bars }}
      series={series}
      label={say('figure.licences-over-time')}
      uncounted="widgets.not-kept"
      head={<TypeMenu types={value.types.map(({ typeId }) => typeId)} type={type} choose={(one) => choose({ type: one ?? 'all' })} />}
    />
  )
}
