import {
  maintenanceDays,
  mostWindowEndpoints,
  windowMinutes,
  type MaintenanceWindow,
  type maintenanceApi,
  type Schedule,
  type Target,
} from '@vigie/domain/maintenance'
import type { BodyInputOf } from '@vigie/domain/kernel'
import * as z from 'zod'

export type Day = (typeof maintenanceDays)[number]
type Written = BodyInputOf<typeof maintenanceApi.createWindow>

/** As the form shows it. */
export interface Plan {
  name: string
  reason: string
  target: Target['kind']
  tag: string | null
  customerId: string | null
  productId: string | null
  group: string | null
  endpoints: { id: string; name: string }[]
  silencesThreat: boolean
  silencesSystem: boolean
  silencesLicence: boolean
  repeats: Schedule['kind']
  from: string
  time: string
  hours: number | string | null
  minutes: number | string | null
  every: number | string | null
  days: Day[]
  day: number | string | null
  week: string
  weekday: string
  until: string
  timeZone: string
}

const dayOf = (index: number): Day => maintenanceDays[index]!

/** What a new one begins with: tonight, for two hours. @param today `YYYY-MM-DD` there */
export function newPlan(today: string, timeZone: string, of: Partial<Plan> = {}): Plan {
  const weekday = dayOf((new Date(`${today}T00:00:00Z`).getUTCDay() + 6) % 7)
  return {
    name: '',
    reason: '',
    target: 'customer',
    tag: null,
    customerId: null,
    productId: null,
    group: null,
    endpoints: [],
    silencesThreat: false,
    silencesSystem: true,
    silencesLicence: false,
    repeats: 'once',
    from: today,
    time: '22:00',
    hours: 2,
    minutes: 0,
    every: 1,
    days: [weekday],
    day: Number(today.slice(8)),
    week: 'first',
    weekday,
    until: '',
    timeZone,
    ...of,
  }
}

export function planOf(window: MaintenanceWindow): Plan {
  const { schedule, target } = window
  return {
    ...newPlan(schedule.from, window.timeZone),
    name: window.name,
    reason: window.reason,
    target: target.kind,
    tag: target.kind === 'tag' ? target.tag : null,
    customerId: window.customer?.id ?? null,
    productId: window.product?.id ?? null,
    group: target.kind === 'group' ? target.group : null,
    endpoints: window.endpoints,
    silencesThreat: window.groups.includes('threat'),
    silencesSystem: window.groups.includes('system'),
    silencesLicence: window.groups.includes('licence'),
    repeats: schedule.kind,
    time: schedule.time,
    hours: Math.floor(window.durationMinutes / 60),
    minutes: window.durationMinutes % 60,
    ...(schedule.kind === 'once' ? {} : { every: schedule.every, until: schedule.until ?? '' }),
    ...(schedule.kind === 'weekly' ? { days: schedule.days } : {}),
    ...(schedule.kind === 'monthly-day' ? { day: schedule.day } : {}),
    ...(schedule.kind === 'monthly-weekday' ? { week: schedule.week, weekday: schedule.day } : {}),
  }
}

export const durationOf = ({ hours, minutes }: Pick<Plan, 'hours' | 'minutes'>): number => Number(hours ?? 0) * 60 + Number(minutes ?? 0)

function scheduleOf(plan: Plan): Schedule {
  const start = { from: plan.from, time: plan.time }
  const repeats = { ...start, until: plan.until === '' ? null : plan.until, every: Number(plan.every) }
  switch (plan.repeats) {
    case 'once':
      return { kind: 'once', ...start }
    case 'daily':
      return { kind: 'daily', ...repeats }
    case 'weekly':
      return { kind: 'weekly', ...repeats, days: plan.days }
    case 'monthly-day':
      return { kind: 'monthly-day', ...repeats, day: Number(plan.day) }
    case 'monthly-weekday':
      return { kind: 'monthly-weekday', ...repeats, week: plan.week as never, day: plan.weekday as Day }
  }
}

function targetOf(plan: Plan): Target {
  switch (plan.target) {
    case 'all':
      return { kind: 'all' }
    case 'tag':
      return { kind: 'tag', tag: plan.tag! }
    case 'customer':
      return { kind: 'customer', customerId: plan.customerId! }
    case 'product':
      return { kind: 'product', productId: plan.productId! }
    case 'group':
      return { kind: 'group', productId: plan.productId!, group: plan.group! }
    case 'endpoints':
      return { kind: 'endpoints', endpointIds: plan.endpoints.map(({ id }) => id) }
  }
}

export function whenOf(plan: Plan): Pick<Written, 'schedule' | 'durationMinutes' | 'timeZone'> {
  return { schedule: scheduleOf(plan), durationMinutes: durationOf(plan), timeZone: plan.timeZone }
}

export function bodyOf(plan: Plan): Written {
  const groups = (['threat', 'system', 'licence'] as const).filter(
    (group) => plan[`silences${group[0]!.toUpperCase()}${group.slice(1)}` as 'silencesThreat'],
  )
  return { name: plan.name, reason: plan.reason, target: targetOf(plan), groups, ...whenOf(plan) }
}

const needed = z.string({ error: 'required' }).min(1)
const whole = (min: number, max: number) =>
  z
    .number({
      error: (issue) =>
        issue.input === null || issue.input === undefined ? 'required' : typeof issue.input === 'string' ? 'not-whole' : undefined,
    })
    .int()
    .min(min)
    .max(max)
const mostEvery = { daily: 60, weekly: 52, 'monthly-day': 24, 'monthly-weekday': 24 } as const

/** When it is to be; the server checks again, and knows the zone. */
export const whenShape = (plan: Plan) =>
  z.looseObject({
    from: z.iso.date({ error: 'required' }),
    time: z.string().regex(/^\d\d:\d\d$/, { error: 'required' }),
    hours: whole(0, windowMinutes.max / 60),
    minutes: whole(Number(plan.hours) === 0 ? windowMinutes.min : 0, 59),
    ...(plan.repeats === 'once' ? {} : { every: whole(1, mostEvery[plan.repeats]) }),
    ...(plan.repeats === 'weekly' ? { days: z.array(z.string()).refine((days) => days.length > 0, { error: 'required' }) } : {}),
    ...(plan.repeats === 'monthly-day' ? { day: whole(1, 31) } : {}),
  })

const isOfCustomer = (kind: Plan['target']) => kind !== 'all' && kind !== 'tag'
const isOfProduct = (kind: Plan['target']) => kind === 'product' || kind === 'group' || kind === 'endpoints'

export const shapeOf = (plan: Plan) =>
  whenShape(plan).extend({
    name: z.string().trim().min(1).max(120),
    reason: z.string().trim().max(1_000),
    ...(plan.target === 'tag' ? { tag: needed } : {}),
    ...(isOfCustomer(plan.target) ? { customerId: needed } : {}),
    ...(isOfProduct(plan.target) ? { productId: needed } : {}),
    ...(plan.target === 'group' ? { group: needed } : {}),
    ...(plan.target === 'endpoints' ? { endpoints: z.array(z.unknown()).min(1, { error: 'required' }).max(mostWindowEndpoints) } : {}),
    silencesSystem: z.boolean().refine((isSo) => isSo || plan.silencesThreat || plan.silencesLicence, { error: 'required' }),
  })

/** Where the API names a field otherwise than the form. */
export const rename: Record<string, string> = {
  durationMinutes: 'hours',
  'schedule.from': 'from',
  'schedule.time': 'time',
  'schedule.until': 'until',
  'schedule.every': 'every',
  'schedule.days': 'days',
  'schedule.day': 'day',
  'schedule.week': 'week',
  'target.endpointIds': 'endpoints',
  'target.tag': 'tag',
  'target.customerId': 'customerId',
  'target.productId': 'productId',
  'target.group': 'group',
  groups: 'silencesSystem',
}
