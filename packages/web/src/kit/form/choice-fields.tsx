import { Checkbox, Radio, SegmentedControl, Switch } from '@mantine/core'
import { useText } from '../text.tsx'
import { useBase, type Base, type Option } from './base.ts'
import { useField } from './Form.tsx'

/** A few exclusive choices, side by side. */
export function ChoiceField({ options, ...base }: Base & { options: readonly Option[] }) {
  const say = useText()
  const { field, props } = useBase<string>(base)
  return (
    <Radio.Group {...props} value={field.value} onChange={field.set}>
      <div style={{ display: 'grid', gap: 8, marginTop: 6 }}>
        {options.map((option) => (
          <Radio key={option.value} value={option.value} label={say(option.label)} disabled={option.disabled ?? false} />
        ))}
      </div>
    </Radio.Group>
  )
}
export function SegmentField({ options, name, label }: Base & { options: readonly Option[] }) {
  const say = useText()
  const field = useField<string>(name)
  return (
    <SegmentedControl
      aria-label={say(label)}
      value={field.value}
      onChange={field.set}
      data={options.map((option) => ({ value: option.value, label: say(option.label) }))}
    />
  )
}

export function CheckboxField({ name, label, help }: Base) {
  const say = useText()
  const field = useField<boolean>(name)
  return (
    <Checkbox
      id={field.id}
      label={say(label)}
      description={help && say(help)}
      error={field.error}
      checked={field.value}
      onChange={(event) => field.set(event.currentTarget.checked)}
    />
  )
}
export function SwitchField({ name, label, help, disabled = false }: Base & { disabled?: boolean }) {
  const say = useText()
  const field = useField<boolean>(name)
  return (
    <Switch
      id={field.id}
      label={say(label)}
      description={help && say(help)}
      error={field.error}
      disabled={disabled}
      checked={field.value}
      onChange={(event) => field.set(event.currentTarget.checked)}
    />
  )
}
