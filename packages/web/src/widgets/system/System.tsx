import type { system } from '@vigie/domain/figures'
import { Fragment, useState } from 'react'
import type * as z from 'zod'
import { Icon, useText } from '../../kit/index.ts'
import type { ViewProps } from '../define.ts'
import { BySeverity, SeverityHeads } from '../parts/BySeverity.tsx'
import { categoryName, typeName } from '../parts/names.ts'
import parts from '../parts/parts.module.css'

type Value = z.output<typeof system.value>

/** Every system category, as it is now; those with any open up to product types. */
export function System({ value }: ViewProps<Value>) {
  const say = useText()
  const [opened, setOpened] = useState<readonly string[]>([])
  return (
    <table className={parts.table}>
      <thead>
        <tr>
          <th scope="col">{say('widgets.category')}</th>
          <SeverityHeads />
        </tr>
      </thead>
      <tbody>
        {value.categories.map(({ category, types, ...counts }) => {
          const isOpen = opened.includes(category)
          const name = categoryName(say, category)
          return (
            <Fragment key={category}>
              <tr>
                <th scope="row" className={parts.name}>
                  {types.length > 0 ? (
                    <button
                      type="button"
                      className={parts.twist}
                      aria-expanded={isOpen}
                      onClick={() => setOpened(isOpen ? opened.filter((one) => one !== category) : [...opened, category])}
                    >
                      <Icon name="chevronRight" size={12} />
                      <span>{name}</span>
                    </button>
                  ) : (
                    <span className={`${parts.still} quiet`}>{name}</span>
                  )}
                </th>
                <BySeverity {...counts} />
              </tr>
              {isOpen &&
                types.map(({ typeId, ...of }) => (
                  <tr key={typeId} className={parts.nested}>
                    <th scope="row" className={parts.name}>
                      {typeName(say, typeId)}
                    </th>
                    <BySeverity {...of} />
                  </tr>
                ))}
            </Fragment>
          )
        })}
      </tbody>
    </table>
  )
}
