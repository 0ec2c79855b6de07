import { TagsInput } from '@mantine/core'
import { useBase, type Base } from './base.ts'

export function TagsField({ suggestions = [], maxTags = 20, ...base }: Base & { suggestions?: string[]; maxTags?: number }) {
  const { field, props } = useBase<string[]>(base)
  return <TagsInput {...props} data={suggestions} maxTags={maxTags} value={field.value} onChange={field.set} splitChars={[',', ';']} />
}
