import { useText, type Label } from '../text.tsx'
import { FieldRow } from './Form.tsx'
import { TextField } from './text-fields.tsx'

interface Props {
  /** Before the names in the form's values: `contact.`. */
  prefix?: string
  first: Label
  last: Label
  /** The person's own: the browser may fill it in. */
  isOwn?: boolean
  autoFocus?: boolean
}

/** Given and family name, in the order in which the reader's language says them. */
export function NameFields({ prefix = '', first, last, isOwn, autoFocus }: Props) {
  const { locale } = useText()
  const names = [
    { field: 'firstName', label: first, autoComplete: 'given-name' },
    { field: 'lastName', label: last, autoComplete: 'family-name' },
  ]
  return (
    <FieldRow>
      {(locale === 'ja' ? names.toReversed() : names).map(({ field, label, autoComplete }, index) => (
        <TextField
          key={field}
          name={prefix + field}
          label={label}
          isRequired
          {...(isOwn ? { autoComplete } : {})}
          autoFocus={autoFocus === true && index === 0}
        />
      ))}
    </FieldRow>
  )
}
