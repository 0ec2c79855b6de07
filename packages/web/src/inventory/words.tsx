import { outdatedAfterDays, type Component, type Endpoint, type EndpointDetails, type MissingProtection } from '@vigie/domain/products'
import { Infections } from '../detections/index.ts'
import { StateTag, useFormat, useText } from '../kit/index.ts'

/** A default group in the reader's language; one that somebody named, as it is named. */
export function GroupWord({ group, label }: { group: string; label: string | null }) {
  const say = useText()
  return <>{label ?? (say.has(`group.${group}`) ? say(`group.${group}`) : group)}</>
}

/** In a column of numbers none is a zero. */
export function InfectionCount({ endpoint }: { endpoint: Pick<Endpoint, 'id' | 'openInfections'> }) {
  if (endpoint.openInfections === 0) return <span className="faint figures">0</span>
  return <Infections endpointId={endpoint.id} count={endpoint.openInfections} />
}

const nothing = (
  <span className="faint" aria-hidden="true" data-nothing="">
    –
  </span>
)

export function MissingProtectionTag({ missing }: { missing: MissingProtection | null }) {
  return missing === null ? (
    nothing
  ) : (
    <StateTag label={`missing-protection.${missing}`} tone={missing === 'never-reported' ? 'unknown' : 'action-required'} />
  )
}

export function OutdatedTag({ outdated }: { outdated: readonly Component[] }) {
  const say = useText()
  return outdated.length === 0 ? (
    nothing
  ) : (
    <StateTag label={{ text: outdated.map((one) => say(`outdated.${one}`)).join(', ') }} tone="warning" />
  )
}

/** INV-1: measured by the newest that any endpoint of the business has. */
export function WhyOutdated({ endpoint: { engine, outdated, newest } }: { endpoint: EndpointDetails }) {
  const say = useText()
  const { day } = useFormat()
  if (engine === null || newest === null) return null
  return (
    <>
      {outdated.includes('patterns') && engine.patternBuiltAt && newest.patternBuiltAt && (
        <p className="quiet">
          {say('inventory.outdated.patterns', {
            own: day(engine.patternBuiltAt),
            newest: day(newest.patternBuiltAt),
            days: outdatedAfterDays,
          })}
        </p>
      )}
      {outdated.includes('engine') && (
        <p className="quiet">{say('inventory.outdated.engine', { own: engine.engineVersion ?? '', newest: newest.engineVersion ?? '' })}</p>
      )}
    </>
  )
}
