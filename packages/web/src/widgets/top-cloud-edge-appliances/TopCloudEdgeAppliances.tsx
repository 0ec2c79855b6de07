import type { topCloudEdgeAppliances } from '@vigie/domain/figures'
import type * as z from 'zod'
import { Link, paths, useText } from '../../kit/index.ts'
import type { ViewProps } from '../define.ts'
import { Count } from '../parts/Count.tsx'
import parts from '../parts/parts.module.css'
import css from './appliances.module.css'

/** Which gateways told of the most, and whose they are. */
export function TopCloudEdgeAppliances({ value }: ViewProps<z.output<typeof topCloudEdgeAppliances.value>>) {
  const say = useText()
  return (
    <table className={`${parts.table} ${css.table}`}>
      <thead>
        <tr>
          <th scope="col">{say('widgets.appliance')}</th>
          <th scope="col">{say('common.customer')}</th>
          <th scope="col" className={parts.number}>
            {say('widgets.threat-count')}
          </th>
        </tr>
      </thead>
      <tbody>
        {value.appliances.map((appliance) => (
          <tr key={appliance.id}>
            <th scope="row" className={css.name}>
              <Link to={paths.product({ productId: appliance.id })} title={appliance.name}>
                {appliance.name}
              </Link>
            </th>
            <td className={css.name}>
              <Link to={paths.customer({ customerId: appliance.customer.id })} title={appliance.customer.company}>
                {appliance.customer.company}
              </Link>
            </td>
            <td className={parts.number}>
              <Count of={appliance} label={`${appliance.name}, ${appliance.customer.company}`} />
            </td>
          </tr>
        ))}
      </tbody>
      <tfoot>
        <tr>
          <th scope="row" colSpan={2}>
            {say('widgets.all-gateways')}
          </th>
          <td className={parts.number}>
            <Count of={value.total} label={say('widgets.all-gateways')} />
          </td>
        </tr>
      </tfoot>
    </table>
  )
}
