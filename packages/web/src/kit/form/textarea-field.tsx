import { Textarea } from '@mantine/core'
import { useBase, type Base } from './base.ts'

export function TextareaField({ rows = 3, ...base }: Base & { rows?: number }) {
  const { field, props } = useBase<string>(base)
  return <Textarea {...props} rows={rows} value={field.value} onChange={(event) => field.set(event.currentTarget.value)} />
}
