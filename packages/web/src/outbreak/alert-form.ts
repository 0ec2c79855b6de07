import { alertPlatforms, type AlertInput, type AlertLevel, type AlertPlatform, type VirusAlert } from '@vigie/domain/outbreak'

/** As the person fills it in: days from now, ports as one types them. */
export interface AlertForm extends Record<AlertPlatform, boolean> {
  name: string
  level: AlertLevel
  days: number | null
  /** When it ends as it is, in how many days that is: as long as these stay, it is not moved. Null: it is new. */
  ends: { days: number; at: string } | null
  advice: string
  /** `2026-11-21`, UTC; empty: nothing recognises it yet. */
  recognisedOn: string
  threats: string[]
  ports: string[]
  folders: string[]
  attachments: string[]
}
const dayMs = 86_400_000
export const defaultDays = 3

export function formOf(alert: VirusAlert | null, now: Date): AlertForm {
  const platforms = Object.fromEntries(
    alertPlatforms.map((platform) => [platform, alert?.platforms.includes(platform) ?? false]),
  ) as Record<AlertPlatform, boolean>
  const daysLeft = alert === null ? defaultDays : Math.max(1, Math.ceil((Date.parse(alert.endsAt) - now.getTime()) / dayMs))
  return {
    ...platforms,
    ends: alert === null ? null : { days: daysLeft, at: alert.endsAt },
    name: alert?.name ?? '',
    level: alert?.level ?? 'yellow',
    days: daysLeft,
    advice: alert?.advice ?? '',
    recognisedOn: alert?.recognisedFrom?.slice(0, 10) ?? '',
    threats: alert?.threats ?? [],
    ports: (alert?.ports ?? []).map(String),
    folders: alert?.folders ?? [],
    attachments: alert?.attachments ?? [],
  }
}

/** What is no number stays what it is: the server's word about the field is shown beside it. */
export const entriesOf = (ports: readonly string[]): number[] => ports.map((port) => (/^\d{1,6}$/.test(port.trim()) ? Number(port) : NaN))

export function inputOf(form: AlertForm, now: Date): AlertInput {
  return {
    level: form.level,
    name: form.name,
    advice: form.advice,
    threats: form.threats,
    ports: entriesOf(form.ports),
    folders: form.folders,
    attachments: form.attachments,
    platforms: alertPlatforms.filter((platform) => form[platform]),
    recognisedFrom: form.recognisedOn === '' ? null : `${form.recognisedOn}T00:00:00.000Z`,
    endsAt:
      form.ends !== null && form.ends.days === form.days ? form.ends.at : new Date(now.getTime() + (form.days ?? 0) * dayMs).toISOString(),
  }
}
