import type { CategoryGroup, ReportedService } from '@vigie/domain/categories'
import type { Activity } from '@vigie/domain/consent'
import type { maintenanceDays } from '@vigie/domain/maintenance'
import type { OrderType } from '@vigie/domain/orders'
import type { AlertInput, OutbreakRule } from '@vigie/domain/outbreak'
import type { ViewList } from '@vigie/domain/views'
import type * as z from 'zod'
import type { Customer } from './estate.ts'

/** A detection of one machine; `at` as its own clock says. */
export interface Find {
  machine: string
  at: Date
  category: string
  threat: string
  object: string
  outcome: string
  /** Of this detection for ever: the same seed finds the same. 32 hex digits. */
  contentId: string
}

/** `minutes`: it was down so long already when it is told of. */
export type Trouble =
  | { kind: 'disk'; freeRatio: number }
  | { kind: 'spam'; ratio: number }
  | { kind: 'down'; service: ReportedService; minutes: number }

type AlertSaid = Omit<z.input<typeof AlertInput>, 'recognisedFrom'> & { recognisedFrom: string }
/** What people arrange in the console; whom it is about by name: companies, product descriptions. */
export type Errand =
  | { do: 'view'; list: ViewList; name: string; query: string; isShared: boolean }
  | { do: 'index'; category: string; name: string; value: number; tag: string | null }
  | { do: 'consent'; company: string; saidBy: string; activity: Activity; reference: string }
  | { do: 'rule'; companies: readonly string[]; rule: OutbreakRule }
  | { do: 'alert'; alert: AlertSaid }
  /** Whose signed file is believed, and its first file. */
  | { do: 'feed'; name: string; alerts: readonly (AlertSaid & { id: string; startsAt: string })[] }
  /** Followed to its end; the engines of `fails` answer with an error. */
  | { do: 'order'; type: OrderType; products: readonly string[]; isInRings: boolean; fails: readonly string[] }
  | {
      do: 'window'
      name: string
      reason: string
      target: { kind: 'all' } | { kind: 'tag'; tag: string } | { kind: 'product'; product: string }
      groups: readonly CategoryGroup[]
      at: When
      durationMinutes: number
      timeZone: string
    }
  /** To an installation that is not there: it waits for a second person. */
  | { do: 'switch'; product: string; server: string; reason: string }
/** `inMinutes`: from the moment it is said. */
export type When =
  | { kind: 'once'; inMinutes: number }
  | { kind: 'weekly'; days: readonly Weekday[]; time: string }
  | { kind: 'monthly-weekday'; week: 'first' | 'second' | 'third' | 'fourth' | 'last'; days: readonly [Weekday]; time: string }
type Weekday = (typeof maintenanceDays)[number]

/** What happens at one moment; names are those of the estate: companies, product descriptions, machines. */
export type Deed =
  | { kind: 'join'; customer: Customer }
  | { kind: 'day'; finds: readonly Find[] }
  /** As `day`, and looked at at once. */
  | { kind: 'find'; product: string; finds: readonly Find[] }
  | { kind: 'clear'; product: string; machine: string }
  | { kind: 'protection'; product: string; machine: string; isOn: boolean }
  /** Its engine gets no new patterns from now on; or does again. */
  | { kind: 'components'; product: string; isUpdating: boolean; ageDays?: number }
  /** Its machine, or what stands for a service, tells nothing new of itself while its agent goes on beating. */
  | { kind: 'mute'; product: string; isMute: boolean }
  | { kind: 'leave'; product: string; how: 'bye' | 'kill' }
  | { kind: 'return'; product: string }
  | { kind: 'clone'; product: string }
  /** Time alone changed something: the hour of a burst is over, a grace has passed. */
  | { kind: 'look'; product: string }
  /** What a machine says of itself beyond its engine is not as it should be. */
  | { kind: 'trouble'; product: string; machine: string; trouble: Trouble }
  | { kind: 'people' }
  | {
      kind: 'work'
      product: string
      by: number
      what:
        | { assign: number }
        | { comment: string }
        | { snooze: string; hours: number; unlessWorse: boolean }
        | { accept: string; days: number }
    }
  /** One of the people sees to something. */
  | { kind: 'errand'; by: number; errand: Errand }
export interface Moment {
  at: Date
  deed: Deed
}
