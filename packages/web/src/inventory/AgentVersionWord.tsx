import { isOutdated, releasesApi } from '@vigie/domain/releases'
import { Line, query, StateTag, useQuietly } from '../kit/index.ts'

const versions = query(releasesApi.listVersions).with({})

/** AGT-1: the agent's version, and that it is older than what the business approved. */
export function AgentVersionWord({ version }: { version: string | null }) {
  const approved = useQuietly(versions)?.approved ?? null
  if (version === null)
    return (
      <span className="faint" data-nothing="">
        –
      </span>
    )
  return (
    <Line>
      <span className="mono">{version}</span>
      {isOutdated(version, approved) && <StateTag label="releases.outdated" tone="warning" />}
    </Line>
  )
}
