import { Select, Switch, Textarea, TextInput } from '@mantine/core'
import type { SettingValue } from '@vigie/domain/agents'
import type { Slot } from '@vigie/domain/settings'
import { useText } from '../kit/index.ts'

interface Props {
  slot: Slot
  value: SettingValue
  /** What it is called, for those who listen. */
  label: string
  isOff: boolean
  error?: string | undefined
  set(value: SettingValue): void
}

/** Draws what the setting's shape says; a list is one entry a line. */
export function SettingControl({ slot: { setting }, value, label, isOff, error, set }: Props) {
  const say = useText()
  const { shape, id } = setting
  const common = { 'aria-label': label, disabled: isOff, error }
  switch (shape.kind) {
    case 'switch':
      return <Switch {...common} checked={value === true} onChange={(event) => set(event.currentTarget.checked)} />
    case 'choice':
      return (
        <Select
          {...common}
          allowDeselect={false}
          data={shape.choices.map((choice) => ({ value: choice, label: say(`setting-choice.${id}.${choice}`) }))}
          value={String(value)}
          onChange={(next) => next !== null && set(next)}
        />
      )
    case 'number':
      return (
        <TextInput
          {...common}
          inputMode="numeric"
          value={String(value)}
          onChange={({ currentTarget }) => set(/^\d{1,9}$/.test(currentTarget.value) ? Number(currentTarget.value) : currentTarget.value)}
        />
      )
    case 'time':
      return <TextInput {...common} placeholder="12:30" value={String(value)} onChange={({ currentTarget }) => set(currentTarget.value)} />
    default:
      return (
        <Textarea
          {...common}
          autosize
          minRows={1}
          maxRows={8}
          classNames={{ input: 'mono' }}
          placeholder={say(`settings.lines.${shape.kind === 'lines' ? shape.of : 'address'}`)}
          value={Array.isArray(value) ? value.join('\n') : String(value)}
          onChange={({ currentTarget }) => set(currentTarget.value.split('\n'))}
        />
      )
  }
}
