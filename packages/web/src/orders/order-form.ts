import { longestDefenceDays } from '@vigie/domain/outbreak'
import { isCarrying, type OrderParams, type OrderType } from '@vigie/domain/orders'
import * as z from 'zod'

export interface OrderForm {
  type: string | null
  version: string | null
  days: number | string | null
  ports: readonly string[]
  /** Of settings: `values` or `template`; where they are set; what. */
  carries: string
  at: string
  templateId: string | null
  templateVersion: string | null
  values: Readonly<Record<string, boolean | number | string | string[]>>
  /** Of addresses: which list, one a line. */
  list: string
  entries: string
}
export const emptyForm: OrderForm = {
  type: null,
  version: null,
  days: 3,
  ports: [],
  carries: 'values',
  at: 'customer',
  templateId: null,
  templateVersion: null,
  values: {},
  list: 'approved',
  entries: '',
}

export const mostEntries = 200
const isPort = (text: string): boolean => /^\d{1,5}$/.test(text.trim()) && Number(text) >= 1 && Number(text) <= 65_535
const isDays = (days: OrderForm['days']): boolean => typeof days === 'number' && days >= 1 && days <= longestDefenceDays
const closes = ({ type }: OrderForm): boolean => type === 'start-outbreak-defence'
const follows = ({ type, carries }: OrderForm): boolean => type === 'apply-settings' && carries === 'template'
const sets = ({ type, carries }: OrderForm): boolean => type === 'apply-settings' && carries === 'values'
const linesOf = (text: string): string[] => [
  ...new Set(
    text
      .split('\n')
      .map((line) => line.trim())
      .filter(Boolean),
  ),
]

/** What the person is told before anything is sent; each type asks for its own. */
export const orderShape = z
  .custom<OrderForm>()
  .refine(({ type }) => type !== null, { path: ['type'], error: 'required' })
  .refine(({ type, version }) => type !== 'upgrade-agent' || version !== null, { path: ['version'], error: 'required' })
  .refine((form) => !closes(form) || form.ports.length > 0, { path: ['ports'], error: 'required' })
  .refine((form) => !closes(form) || form.ports.every(isPort), { path: ['ports'], error: 'port.shape' })
  .refine((form) => !closes(form) || isDays(form.days), { path: ['days'], error: 'invalid' })
  .refine((form) => !follows(form) || form.templateId !== null, { path: ['templateId'], error: 'required' })
  .refine((form) => !follows(form) || form.templateId === null || form.templateVersion !== null, {
    path: ['templateVersion'],
    error: 'required',
  })
  .refine((form) => !sets(form) || Object.keys(form.values).length > 0, { path: ['values'], error: 'required' })
  .refine(({ type, entries }) => type !== 'change-urls' || linesOf(entries).length > 0, { path: ['entries'], error: 'required' })
  .refine(({ type, entries }) => type !== 'change-urls' || linesOf(entries).length <= mostEntries, { path: ['entries'], error: 'too-many' })

/** Until to the minute, a little before the limit: what is looked at now is confirmed some minutes later. */
export function paramsOf(type: OrderType, form: OrderForm, nowMs: number): { params?: OrderParams } {
  if (isCarrying(type)) return { params: carriedOf(type, form) }
  if (type === 'upgrade-agent') return { params: { version: form.version! } }
  if (type !== 'start-outbreak-defence') return {}
  const until = new Date(Math.floor((nowMs + Number(form.days) * 86_400_000) / 60_000) * 60_000 - 60_000).toISOString()
  return { params: { until, blockPorts: form.ports.map(Number), denyWrites: [] } }
}

function carriedOf(
  type: 'apply-settings' | 'change-urls',
  { carries, at, templateId, templateVersion, values, list, entries }: OrderForm,
): OrderParams {
  if (type === 'change-urls') return { list: list as 'approved' | 'blocked', entries: linesOf(entries) }
  const place = at as 'customer' | 'product'
  if (carries === 'template') return { at: place, template: { id: templateId!, version: Number(templateVersion) } }
  return {
    at: place,
    values: Object.fromEntries(
      Object.entries(values).map(([key, value]) => [key, Array.isArray(value) ? value.map((line) => line.trim()).filter(Boolean) : value]),
    ),
  }
}
