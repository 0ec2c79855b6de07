import { longestDefenceDays } from '@vigie/domain/outbreak'
import type { OrderParams, OrderType } from '@vigie/domain/orders'
import * as z from 'zod'

export interface OrderForm {
  type: string | null
  version: string | null
  days: number | string | null
  ports: readonly string[]
}

const isPort = (text: string): boolean => /^\d{1,5}$/.test(text.trim()) && Number(text) >= 1 && Number(text) <= 65_535
const isDays = (days: OrderForm['days']): boolean => typeof days === 'number' && days >= 1 && days <= longestDefenceDays
const closes = ({ type }: OrderForm): boolean => type === 'start-outbreak-defence'

/** What the person is told before anything is sent; each type asks for its own. */
export const orderShape = z
  .custom<OrderForm>()
  .refine(({ type }) => type !== null, { path: ['type'], error: 'required' })
  .refine(({ type, version }) => type !== 'upgrade-agent' || version !== null, { path: ['version'], error: 'required' })
  .refine((form) => !closes(form) || form.ports.length > 0, { path: ['ports'], error: 'required' })
  .refine((form) => !closes(form) || form.ports.every(isPort), { path: ['ports'], error: 'port.shape' })
  .refine((form) => !closes(form) || isDays(form.days), { path: ['days'], error: 'invalid' })

/** Until to the minute, a little before the limit: what is looked at now is confirmed some minutes later. */
export function paramsOf(type: OrderType, form: OrderForm, nowMs: number): { params?: OrderParams } {
  if (type === 'upgrade-agent') return { params: { version: form.version! } }
  if (type !== 'start-outbreak-defence') return {}
  const until = new Date(Math.floor((nowMs + Number(form.days) * 86_400_000) / 60_000) * 60_000 - 60_000).toISOString()
  return { params: { until, blockPorts: form.ports.map(Number), denyWrites: [] } }
}
