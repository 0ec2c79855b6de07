import { Problem } from '@vigie/domain/kernel'
import { releasesApi, versionStateOf } from '@vigie/domain/releases'
import { record } from '../audit/index.ts'
import { endUnsent } from '../commands/index.ts'
import { exportPageSize, handle, handleStream, speaker, streamCsv, type Handler } from '../platform/index.ts'
import * as releases from './store.ts'

const objectOf = (version: string) => ({ kind: 'agent-version', id: null, name: version })

export const releaseRoutes: Handler[] = [
  handle(releasesApi.listVersions, async ({ db, now }, { query }) => releases.page(await releases.list(db, now), query)),

  handleStream(releasesApi.exportVersions, async (context, { query }, reply) => {
    const say = speaker(context.actor.locale)
    const head = ['agent-version', 'state', 'agents', 'approved-by', 'approved-at', 'signed-at', 'valid-until'].map((name) =>
      say(`column.${name}`),
    )
    await streamCsv(context, reply, 'agent-versions.csv', head, async (db, cursor) => {
      const { rows, nextCursor } = releases.page(await releases.list(db, context.now), {
        ...query,
        limit: exportPageSize,
        cursor: cursor ?? query.cursor,
      })
      if (cursor === undefined) {
        await record(
          db,
          context.services.vault,
          context.now,
          { kind: 'account', actor: context.actor, origin: context.origin },
          { activity: 'agent-version.exported', object: objectOf('agent-versions.csv'), after: query },
        )
      }
      return {
        rows: rows.map((row) => [
          row.version,
          say(`agent-version-state.${versionStateOf(row)}`),
          row.agents,
          row.approval?.by ?? null,
          row.approval?.at ?? null,
          row.release?.signedAt ?? null,
          row.release?.expiresAt ?? null,
        ]),
        nextCursor,
      }
    })
  }),

  handle(releasesApi.approveVersion, async ({ db, now, services, actor, origin }, { params: { version } }) => {
    const { expiresAt } = await releases.assertThere(db, version)
    if (expiresAt <= now) throw new Problem('release.expired', { version })
    if (!(await releases.approve(db, version, actor, now))) {
      db.markAudited() // a second click: nothing changes
      return await releases.list(db, now)
    }
    db.announce({ kind: 'order', id: version, customerId: null })
    await record(
      db,
      services.vault,
      now,
      { kind: 'account', actor, origin },
      { activity: 'agent-version.approved', object: objectOf(version), before: { isApproved: false }, after: { isApproved: true } },
    )
    return await releases.list(db, now)
  }),

  handle(releasesApi.withdrawVersion, async ({ db, now, services, actor, origin }, { params: { version } }) => {
    await releases.assertThere(db, version)
    if (!(await releases.withdraw(db, version))) {
      db.markAudited() // a second click: nothing changes
      return await releases.list(db, now)
    }
    const unsent = await releases.waitingFor(db, version)
    await endUnsent(db, unsent, 'version-withdrawn', now)
    db.announce({ kind: 'order', id: version, customerId: null })
    await record(
      db,
      services.vault,
      now,
      { kind: 'account', actor, origin },
      {
        activity: 'agent-version.withdrawn',
        object: objectOf(version),
        before: { isApproved: true },
        after: { isApproved: false, commandsEnded: unsent.length },
      },
    )
    return await releases.list(db, now)
  }),
]
