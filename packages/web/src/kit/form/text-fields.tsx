import { PasswordInput, TextInput } from '@mantine/core'
import { useText } from '../text.tsx'
import { useBase, type Base } from './base.ts'

type TextProps = Base & {
  type?: 'text' | 'email' | 'tel' | 'search'
  autoComplete?: string
  isMono?: boolean
  autoFocus?: boolean
  inputMode?: 'numeric' | 'text'
  maxLength?: number
}
export function TextField({
  type = 'text',
  autoComplete = 'off',
  isMono = false,
  autoFocus = false,
  inputMode,
  maxLength,
  ...base
}: TextProps) {
  const { field, props } = useBase<string>(base)
  return (
    <TextInput
      {...props}
      type={type}
      autoComplete={autoComplete}
      data-autofocus={autoFocus || undefined}
      {...(inputMode ? { inputMode } : {})}
      {...(maxLength ? { maxLength } : {})}
      classNames={isMono ? { input: 'mono' } : {}}
      value={field.value}
      onChange={(event) => field.set(event.currentTarget.value)}
    />
  )
}

export function PasswordField({ autoComplete, ...base }: Base & { autoComplete: 'current-password' | 'new-password' }) {
  const say = useText()
  const { field, props } = useBase<string>(base)
  return (
    <PasswordInput
      {...props}
      autoComplete={autoComplete}
      visibilityToggleButtonProps={{ 'aria-label': say('kit.form.show-password'), tabIndex: 0 }}
      value={field.value}
      onChange={(event) => field.set(event.currentTarget.value)}
    />
  )
}

/**
 * A whole number. Null: empty. What is no number stays as the text it is, and the form's shape tells so. (Not the library's own number input: it brings
 * 6 kB for formatting while one types.)
 */
export function NumberField({ min, max, suffix, ...base }: Base & { min?: number; max?: number; suffix?: string }) {
  const { field, props } = useBase<number | string | null>(base)
  const step = (by: number) => {
    const next = Number(field.value ?? 0) + by
    if (Number.isFinite(next) && next >= (min ?? -Infinity) && next <= (max ?? Infinity)) field.set(next)
  }
  return (
    <TextInput
      {...props}
      inputMode="numeric"
      autoComplete="off"
      classNames={{ input: 'figures' }}
      rightSection={suffix && <span className="faint">{suffix}</span>}
      rightSectionPointerEvents="none"
      {...(suffix ? { rightSectionWidth: 12 + suffix.length * 8 } : {})}
      value={String(field.value ?? '')}
      onChange={({ currentTarget: { value } }) =>
        field.set(value.trim() === '' ? null : /^-?\d{1,15}$/.test(value.trim()) ? Number(value) : value)
      }
      onKeyDown={(event) => {
        if (event.key !== 'ArrowUp' && event.key !== 'ArrowDown') return
        event.preventDefault()
        step(event.key === 'ArrowUp' ? 1 : -1)
      }}
    />
  )
}
