import type { Counted, licenceManagement } from '@vigie/domain/figures'
import type * as z from 'zod'
import { Glyph, Link, paths, useFormat, useText } from '../../kit/index.ts'
import type { ViewProps } from '../define.ts'
import { typeName } from '../parts/names.ts'
import parts from '../parts/parts.module.css'
import { Sum } from '../parts/Sum.tsx'

type Value = z.output<typeof licenceManagement.value>

const counted = [
  ['expiring', 'warning'],
  ['expired', 'action-required'],
] as const
const summed = ['seatsUsed', 'seats'] as const

/** By product type: licences that are over soon, or over; seats in use and provisioned. */
export function LicenceManagement({ value }: ViewProps<Value>) {
  const say = useText()
  return (
    <table className={parts.table}>
      <thead>
        <tr>
          <th scope="col">{say('widgets.product-type')}</th>
          {counted.map(([name, sign]) => (
            <th key={name} scope="col" className={parts.number} title={say(`widgets.licence-management.${name}`)}>
              <span className={parts.sign}>
                <Glyph sign={sign} />
              </span>
              <span className={parts.word}>{say(`widgets.licence-management.${name}`)}</span>
            </th>
          ))}
          {summed.map((name) => (
            <th key={name} scope="col" className={parts.number}>
              {say(`widgets.licence-management.${name}`)}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {value.types.map((type) => (
          <tr key={type.typeId}>
            <th scope="row" className={parts.name} title={typeName(say, type.typeId)}>
              {typeName(say, type.typeId)}
            </th>
            <Numbers of={type} label={typeName(say, type.typeId)} />
          </tr>
        ))}
      </tbody>
      {value.types.length > 1 && (
        <tfoot>
          <tr>
            <th scope="row">{say('widgets.sum')}</th>
            <Numbers of={value} label={say('widgets.sum')} />
          </tr>
        </tfoot>
      )}
    </table>
  )
}

function Numbers({ of, label }: { of: Omit<Value, 'types'>; label: string }) {
  const say = useText()
  return (
    <>
      {counted.map(([name, sign]) => (
        <td key={name} className={parts.number}>
          <Signed of={of[name]} sign={sign} label={`${say(`widgets.licence-management.${name}`)}, ${label}`} />
        </td>
      ))}
      {summed.map((name) => (
        <td key={name} className={parts.number}>
          <Sum of={of[name]} label={`${say(`widgets.licence-management.${name}`)}, ${label}`} />
        </td>
      ))}
    </>
  )
}

function Signed({ of, sign, label }: { of: Counted; sign: 'warning' | 'action-required'; label: string }) {
  const { number } = useFormat()
  if (of.count === 0) return <span className="faint figures">0</span>
  const content = (
    <>
      <Glyph sign={sign} />
      <span className="figures">{number(of.count)}</span>
    </>
  )
  return of.rows === null ? (
    <span className={parts.signed} data-sign={sign}>
      {content}
    </span>
  ) : (
    <Link className={parts.signed} data-sign={sign} to={paths.rows(of.rows)} aria-label={`${number(of.count)} ${label}`}>
      {content}
    </Link>
  )
}
