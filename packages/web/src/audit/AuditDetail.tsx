import type { ReactNode } from 'react'
import type { AuditRecord } from '@vigie/domain/audit'
import { CopyText, Facts, Link, paths, Stack, useFormat, useText } from '../kit/index.ts'
import { activity, objectText } from './activity.ts'
import css from './audit.module.css'
import { changesOf, valueText, type Change } from './diff.ts'

/** One record: who, from where, to what, and what was there before and after. */
export function AuditDetail({ record }: { record: AuditRecord | undefined }) {
  const say = useText()
  const { exact } = useFormat()
  if (!record) return <p className="quiet">{say('audit.not-on-page')}</p>
  const { actor, object } = record
  const changes = changesOf(record.before, record.after)
  return (
    <Stack>
      <div>
        <h2>{activity(say, record.activity)}</h2>
        <p className="quiet">{objectText(say, object)}</p>
      </div>
      <Facts
        facts={[
          ['audit.column.at', exact(record.at)],
          [
            'audit.column.actor',
            actor.id === null ? (
              actor.name
            ) : (
              <Link key="actor" to={paths.auditLog({ actorId: actor.id })}>
                {actor.name}
              </Link>
            ),
          ],
          [
            'audit.role',
            actor.role !== null && say.has(`role.${actor.role}`) ? say(`role.${actor.role}`) : say(`audit-actor.${actor.kind}`),
          ],
          ['audit.column.source', say(`audit-source.${record.source}`)],
          [
            'audit.column.address',
            record.address && (
              <span key="address" className="mono">
                {record.address}
              </span>
            ),
          ],
          ...(record.customerId === null
            ? []
            : [
                [
                  'common.customer',
                  <Link key="customer" to={paths.customer({ customerId: record.customerId })}>
                    {say('audit.open-customer')}
                  </Link>,
                ] as [string, ReactNode],
              ]),
        ]}
      />
      <div>
        <h3>{say('audit.changes')}</h3>
        {changes.length === 0 ? (
          <p className="faint">{say('audit.changes.none')}</p>
        ) : (
          <Diff changes={changes} isNew={record.before === null} isGone={record.after === null} />
        )}
      </div>
      <Facts
        facts={[
          [
            'audit.column.sequence',
            <span key="sequence" className="figures">
              {record.sequence}
            </span>,
          ],
          ['audit.hash', <CopyText key="hash" text={record.hash} />],
          [
            'audit.name',
            <span key="name" className="mono">
              {record.activity}
            </span>,
          ],
        ]}
      />
    </Stack>
  )
}

function Diff({ changes, isNew, isGone }: { changes: Change[]; isNew: boolean; isGone: boolean }) {
  const say = useText()
  const shown = changes.filter((change) => change.kind !== 'same')
  const rest = changes.filter((change) => change.kind === 'same')
  const cell = (value: unknown) => valueText(value) ?? <span className="faint">{say('audit.empty')}</span>
  return (
    <>
      <table className={css.diff}>
        <thead>
          <tr>
            <th scope="col">{say('audit.field')}</th>
            {!isNew && <th scope="col">{say('audit.before')}</th>}
            {!isGone && <th scope="col">{say('audit.after')}</th>}
          </tr>
        </thead>
        <tbody>
          {shown.map((change) => (
            <tr key={change.path}>
              <th scope="row">
                <code>{change.path}</code>
              </th>
              {!isNew && <td data-was>{cell(change.before)}</td>}
              {!isGone && <td data-is>{cell(change.after)}</td>}
            </tr>
          ))}
        </tbody>
      </table>
      {rest.length > 0 && <p className={css.rest}>{say('audit.unchanged', { fields: rest.map((change) => change.path).join(', ') })}</p>}
    </>
  )
}
