import * as z from 'zod'
import type { FieldError } from '../kernel/index.ts'
import { fieldErrorsOf } from '../kernel/index.ts'
import { slotByKey, type SettingValues } from './catalogue.ts'
import type { SettingShape } from './define.ts'

/** An absolute path, without what could end a line of a configuration file, and without a way up: what is excluded is what is read here. */
const Path = z
  .string()
  .trim()
  .max(1_000, { error: 'too-long' })
  .regex(/^\/[^\p{Cc}\p{Zl}\p{Zp}]*$/u, { error: 'path.shape' })
  .refine((path) => !path.split('/').includes('..'), { error: 'path.shape' })
const Port = z
  .string()
  .trim()
  .regex(/^[1-9]\d{0,4}$/, { error: 'port.shape' })
  .refine((port) => Number(port) <= 65_535, { error: 'port.shape' })
const Address = z
  .string()
  .trim()
  .max(45)
  .regex(/^(\d{1,3}(\.\d{1,3}){3}|[0-9A-Fa-f:]*:[0-9A-Fa-f:.]*|[0-9A-Fa-f]{2}(-[0-9A-Fa-f]{2}){5})$/, { error: 'address.shape' })
const lineShapes = { path: Path, port: Port, address: Address }

/** The zod shape of one setting's value: the form, the API, the server and the agent check by the same. */
export function valueShape(shape: SettingShape): z.ZodType<boolean | number | string | string[]> {
  switch (shape.kind) {
    case 'switch':
      return z.boolean()
    case 'choice':
      return z.enum(shape.choices as [string, ...string[]])
    case 'number':
      return z.number().int().min(shape.min).max(shape.max)
    case 'lines':
      return z
        .array(lineShapes[shape.of])
        .max(shape.max)
        .transform((lines) => [...new Set(lines)])
    case 'time':
      return z.string().regex(/^([01]\d|2[0-3]):[0-5]\d$/, { error: 'time.shape' })
    case 'zone':
      return z
        .string()
        .max(60)
        .regex(/^[A-Za-z0-9_+\-/]+$/)
  }
}

/**
 * Takes what fits; tells what does not, at `values.<key>`. An unknown key is refused unless `isLenient`: what a newer server wants and this agent does not know is left
 * out (R19), and shown there as not supported.
 */
export function checkValues(values: Readonly<Record<string, unknown>>, isLenient = false): { values: SettingValues; errors: FieldError[] } {
  const taken: Record<string, boolean | number | string | string[]> = {}
  const errors: FieldError[] = []
  for (const [key, value] of Object.entries(values)) {
    const slot = slotByKey.get(key)
    if (!slot) {
      if (!isLenient) errors.push({ path: `values.${key}`, code: 'unknown' })
      continue
    }
    const parsed = valueShape(slot.setting.shape).safeParse(value)
    if (parsed.success) taken[key] = parsed.data
    else
      errors.push(
        ...fieldErrorsOf(parsed.error, value).map((field) => ({ ...field, path: `values.${key}${field.path ? `.${field.path}` : ''}` })),
      )
  }
  return { values: taken, errors }
}

/** Lists are the same in any order. */
export function isSame(a: unknown, b: unknown): boolean {
  if (Array.isArray(a) && Array.isArray(b)) return a.length === b.length && a.every((one) => b.includes(one))
  return a === b
}
