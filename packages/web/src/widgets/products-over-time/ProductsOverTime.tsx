import type { productsOverTime } from '@vigie/domain/figures'
import type * as z from 'zod'
import { useText } from '../../kit/index.ts'
import type { ViewProps } from '../define.ts'
import { toneOfType, typeName } from '../parts/names.ts'
import { OverTime } from '../parts/OverTime.tsx'

/** How many managed products at the end of each week or month, by type; a type can be switched off. */
export function ProductsOverTime(props: ViewProps<z.output<typeof productsOverTime.value>>) {
  const say = useText()
  const series = props.value.types.map(({ typeId, now, counts }) => ({
    id: typeId,
    name: typeName(say, typeId),
    tone: toneOfType(typeId),
    now,
    counts,
  }))
  return <OverTime {...props} series={series} label={say('figure.products-over-time')} />
}
