import { isOutdated, releasesApi, versionStateOf, type AgentVersion, type VersionState } from '@vigie/domain/releases'
import {
  columns,
  confirm,
  csvOf,
  DataTable,
  Empty,
  Line,
  load,
  Notice,
  Page,
  paths,
  query,
  sortedBy,
  StateTag,
  toast,
  trouble,
  useAction,
  useActor,
  useAddress,
  useFormat,
  useGo,
  useLoaded,
  useText,
  type Action,
  type Sign,
} from '../kit/index.ts'

const versions = query(releasesApi.listVersions).list(sortedBy('-version'))
export const loader = load(versions)

const tones: Readonly<Record<VersionState, Sign | 'good' | 'quiet'>> = {
  approved: 'good',
  offered: 'pending',
  expired: 'warning',
  running: 'quiet',
}

const column = columns<AgentVersion>('releases.column')
const shown = [
  column.cell('version', (row) => <Name row={row} />, { main: true, sort: true, minWidth: 160 }),
  column.cell('state', (row) => <StateTag label={`agent-version-state.${versionStateOf(row)}`} tone={tones[versionStateOf(row)]} />, {
    width: 170,
  }),
  column.count('agents', { width: 110, to: ({ version }) => paths.inventory({ agentVersion: version }) }),
  column.cell('approval', ({ approval }) => <Approval approval={approval} />, { minWidth: 200 }),
  column.cell('signedAt', ({ release }) => <Day at={release?.signedAt ?? null} />, { width: 150 }),
  column.cell('expiresAt', ({ release }) => <Day at={release?.expiresAt ?? null} />, { width: 150 }),
]

function Name({ row: { version } }: { row: AgentVersion }) {
  const { approved } = useLoaded(versions)
  return (
    <Line>
      <span className="mono">{version}</span>
      {isOutdated(version, approved) && <StateTag label="releases.outdated" tone="warning" />}
    </Line>
  )
}

function Approval({ approval }: { approval: AgentVersion['approval'] }) {
  const { day } = useFormat()
  return approval === null ? (
    <span className="faint" data-nothing="">
      –
    </span>
  ) : (
    <span>{`${approval.by} · ${day(approval.at)}`}</span>
  )
}

function Day({ at }: { at: string | null }) {
  const { day } = useFormat()
  return at === null ? (
    <span className="faint" data-nothing="">
      –
    </span>
  ) : (
    <span>{day(at)}</span>
  )
}

/** AGT-1: what agents may become, what they are, and the way from one to the other. */
export default function AgentVersionsPage() {
  const say = useText()
  const actor = useActor()
  const go = useGo()
  const at = useAddress()
  const loaded = useLoaded(versions)
  const approve = useAction(releasesApi.approveVersion)
  const withdraw = useAction(releasesApi.withdrawVersion)
  const approved = async ({ version }: AgentVersion) => {
    try {
      await approve.run({ params: { version } })
      toast({ key: 'releases.approved', values: { version } })
    } catch (error) {
      trouble(error)
    }
  }
  const withdrawn = ({ version }: AgentVersion) =>
    confirm({
      title: { key: 'releases.withdraw.title', values: { version } },
      consequence: 'releases.withdraw.consequence',
      action: 'releases.withdraw',
      async run() {
        await withdraw.run({ params: { version } })
        toast({ key: 'releases.withdrawn', values: { version } })
      },
    })
  const actions = (row: AgentVersion): Action[] => {
    if (row.release === null || !actor.can('agent.upgrade')) return []
    const rollOut: Action = {
      label: 'releases.roll-out',
      icon: 'play',
      disabledReason:
        versionStateOf(row) !== 'approved'
          ? 'releases.roll-out.not-approved'
          : row.olderAgents === 0
            ? 'releases.roll-out.nobody'
            : undefined,
      onSelect: () => void go(paths.newOrder({ type: 'upgrade-agent', version: row.version })),
    }
    const judge: Action =
      row.approval === null
        ? {
            label: 'releases.approve',
            icon: 'check',
            disabledReason: row.release.isExpired ? 'problem.release.expired' : undefined,
            onSelect: () => void approved(row),
          }
        : { label: 'releases.withdraw', icon: 'close', onSelect: () => withdrawn(row) }
    return actor.can('order.send') ? [judge, rollOut] : [judge]
  }
  return (
    <Page
      title="releases.title"
      about="releases.about"
      crumbs={[{ label: 'shell.administration', to: paths.administration() }]}
      fills
      tabs={
        loaded.hasRoot ? undefined : (
          <Notice tone="plain" title="releases.no-root.title">
            {say('releases.no-root')}
          </Notice>
        )
      }
    >
      <DataTable
        {...loaded}
        rowId={(row: AgentVersion) => row.version}
        name="releases.title"
        columns={shown}
        sort="-version"
        csv={csvOf(releasesApi.exportVersions, versions(at))}
        actions={actions}
        empty={<Empty icon="administration" title="releases.none" about="releases.none.about" />}
      />
    </Page>
  )
}
