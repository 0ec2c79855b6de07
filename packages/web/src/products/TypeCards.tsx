import { useField, useText, Icon } from '../kit/index.ts'
import type { ProductType } from '@vigie/domain/products'
import { familyIcons, typeAbout, typeName } from './catalogue.ts'
import css from './products.module.css'

/** What one can add, from the catalogue: a card a type, one choice. @param name path of the type's id in the form */
export function TypeCards({ name, types }: { name: string; types: readonly ProductType[] }) {
  const say = useText()
  const field = useField<string>(name)
  return (
    <fieldset
      role="radiogroup"
      tabIndex={-1}
      aria-invalid={field.error ? true : undefined}
      className={css.cards}
      aria-describedby={field.error ? `${field.id}-error` : undefined}
    >
      <legend>{say('products.type')}</legend>
      {types.map((type, index) => (
        <label
          key={type.id}
          className={css.card}
          data-chosen={field.value === type.id || undefined}
          data-disabled={!type.isConnectable || undefined}
        >
          <input
            type="radio"
            id={index === 0 ? field.id : undefined}
            name={field.id}
            value={type.id}
            checked={field.value === type.id}
            disabled={!type.isConnectable}
            onChange={() => field.set(type.id)}
          />
          <span className={css.cardIcon}>
            <Icon name={familyIcons[type.family]} size={18} />
          </span>
          <span className={css.cardWords}>
            <strong>{typeName(say, type.id)}</strong>
            <span>{typeAbout(say, type.id)}</span>
            <small>
              {type.isConnectable ? null : <>{say('product-type.not-connectable')} · </>}
              {say(`connection.${type.connection}`)} · {say('products.seat', { unit: say(`licence-unit.${type.licenceUnit}`) })}
            </small>
          </span>
        </label>
      ))}
      {field.error && (
        <p id={`${field.id}-error`} className={css.error}>
          {field.error}
        </p>
      )}
    </fieldset>
  )
}
