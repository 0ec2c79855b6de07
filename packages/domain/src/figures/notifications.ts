import * as z from 'zod'
import { AccountId, CustomerId, EventId, Instant, ProductId } from '../kernel/index.ts'
import { Mending, Severity } from '../events/shapes.ts'
import { defineFigure } from './define.ts'
import { Counted, rowsOf } from './rows.ts'

/** What needs me: open events that ask for attention, given to me or to nobody yet (DSH-2, "Notifications"). */
export const notifications = defineFigure({
  id: 'notifications',
  ranges: [],
  unit: 'events',
  needs: ['event.read'],
  follows: ['event', 'customer'],
  value: z.object({
    total: Counted,
    actionRequired: Counted,
    warning: Counted,
    /** With what colleagues have: the number beside the bell on every screen. */
    everybodys: z.object({ actionRequired: Counted, warning: Counted }),
    /** Of these, given to me by name. */
    mine: Counted,
    /** By what it is, the worst and then the most first, whatever there is. */
    groups: z.array(
      z.object({
        category: z.string(),
        severity: Severity,
        events: Counted,
        /** At how many customers. */
        customers: z.number().int(),
        oldestAt: Instant,
      }),
    ),
    /** The worst and then the newest, 10 at most. `resolvedBy`: commands that mend it, best first; none: it is mended at the product. */
    newest: z.array(
      z.object({
        id: EventId,
        customerId: CustomerId,
        customerName: z.string(),
        productId: ProductId,
        productName: z.string(),
        typeId: z.string(),
        category: z.string(),
        condition: z.string(),
        severity: Severity,
        figures: z.record(z.string(), z.union([z.number(), z.string()])),
        openedAt: Instant,
        lastRaisedAt: Instant,
        assignee: z.object({ id: AccountId, name: z.string() }).nullable(),
        resolvedBy: z.array(Mending),
      }),
    ),
  }),
  example: {
    total: { count: 3, rows: rowsOf.events({ assignee: 'me,nobody' }) },
    actionRequired: { count: 1, rows: rowsOf.events({ assignee: 'me,nobody', severity: 'action-required' }) },
    warning: { count: 2, rows: rowsOf.events({ assignee: 'me,nobody', severity: 'warning' }) },
    everybodys: {
      actionRequired: { count: 2, rows: rowsOf.events({ severity: 'action-required' }) },
      warning: { count: 2, rows: rowsOf.events({ severity: 'warning' }) },
    },
    mine: { count: 1, rows: rowsOf.events({ assignee: 'me' }) },
    groups: [
      {
        category: 'antivirus',
        severity: 'action-required',
        events: { count: 1, rows: rowsOf.events({ assignee: 'me,nobody', category: 'antivirus', severity: 'action-required' }) },
        customers: 1,
        oldestAt: '2026-11-21T08:00:00.000Z',
      },
      {
        category: 'component-update',
        severity: 'warning',
        events: { count: 2, rows: rowsOf.events({ assignee: 'me,nobody', category: 'component-update', severity: 'warning' }) },
        customers: 2,
        oldestAt: '2026-11-20T08:00:00.000Z',
      },
    ],
    newest: [
      {
        id: '019aa000-0000-7000-8000-000000000001',
        customerId: '019aa000-0000-7000-8000-000000000002',
        customerName: 'Boulangerie Martin',
        productId: '019aa000-0000-7000-8000-000000000003',
        productName: 'Main',
        typeId: 'clamav-endpoint',
        category: 'antivirus',
        condition: 'uncleaned',
        severity: 'action-required',
        figures: { infections: 1 },
        openedAt: '2026-11-21T08:00:00.000Z',
        lastRaisedAt: '2026-11-21T09:00:00.000Z',
        assignee: null,
        resolvedBy: [{ type: 'scan-now', isPossible: true, reason: null }],
      },
    ],
  },
})
