import type { customersOverTime } from '@vigie/domain/figures'
import type * as z from 'zod'
import { useText } from '../../kit/index.ts'
import type { ViewProps } from '../define.ts'
import { OverTime } from '../parts/OverTime.tsx'

/** How many customers at the end of each week or month. */
export function CustomersOverTime(props: ViewProps<z.output<typeof customersOverTime.value>>) {
  const say = useText()
  const { value } = props
  return (
    <OverTime
      {...props}
      series={[{ id: 'customers', name: say('widgets.customers'), tone: 0, now: value.now, counts: value.bars.map(({ count }) => count) }]}
      label={say('figure.customers-over-time')}
    />
  )
}
