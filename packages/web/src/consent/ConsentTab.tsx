import { consentApi, type Activity, type ConsentLine, type ConsentStanding } from '@vigie/domain/consent'
import { useState } from 'react'
import {
  Ago,
  api,
  Button,
  columns,
  DataTable,
  Facts,
  Icon,
  Line,
  Notice,
  Part,
  query,
  SidePanel,
  Stack,
  StateTag,
  useActor,
  useAddress,
  useFormat,
  useLoaded,
  useText,
  type Action,
  type Sign,
} from '../kit/index.ts'
import { ConsentDialog } from './ConsentDialog.tsx'
import css from './consent.module.css'

const consentOf = (customerId: string) => query(consentApi.getConsent).with({ params: { customerId } })
const linesOf = (customerId: string, activity: Activity) =>
  query(consentApi.listConsent).with({ params: { customerId }, query: { activity, limit: 200 } })

/** Not recorded is a question to the customer, or, where the business is strict, a stop. */
const toneOf = ({ state, isAllowed }: Pick<ConsentStanding, 'state' | 'isAllowed'>): Sign | 'quiet' | 'good' =>
  state === 'given' ? 'good' : state === 'withdrawn' ? 'action-required' : isAllowed ? 'quiet' : 'warning'

const column = columns<ConsentStanding>('consent.column')
const shown = [
  column.cell('activity', (standing) => <ActivityWord activity={standing.activity} />, { main: true, width: 250 }),
  column.state('state', (standing) => ({ label: `consent-state.${standing.state}`, tone: toneOf(standing) }), { width: 140 }),
  column.text('saidBy', ({ line }) => line?.saidBy ?? null, { width: 170 }),
  column.cell(
    'saidOn',
    ({ line }) =>
      line ? (
        <Day of={line.saidOn} />
      ) : (
        <span className="faint" aria-hidden="true">
          –
        </span>
      ),
    { width: 130 },
  ),
  column.text('reference', ({ line }) => line?.reference || line?.document?.name || null),
]

function ActivityWord({ activity }: { activity: Activity }) {
  return <>{useText()(`activity.${activity}`)}</>
}

/** A day as it was written down: no time zone moves it. */
export function Day({ of }: { of: string }) {
  const { locale } = useText()
  return (
    <span className="figures">
      {new Intl.DateTimeFormat(locale, { dateStyle: 'medium', timeZone: 'UTC' }).format(new Date(`${of}T00:00:00Z`))}
    </span>
  )
}

/** ACC-12: what the customer consented to, when and in whose words; what is withdrawn we neither do nor show. */
export function ConsentTab({ customerId, company, people }: { customerId: string; company: string; people: readonly string[] }) {
  const say = useText()
  const at = useAddress()
  const mayRecord = useActor().can('consent.update')
  const { standings, isStrict } = useLoaded(consentOf(customerId))
  const [asked, setAsked] = useState<{ decision: 'given' | 'withdrawn'; activities: Activity[] } | null>(null)
  const ask = (decision: 'given' | 'withdrawn', chosen: readonly ConsentStanding[]) =>
    setAsked({ decision, activities: chosen.map(({ activity }) => activity) })
  const withdrawable = (chosen: readonly ConsentStanding[]) =>
    chosen.every(({ state }) => state === 'withdrawn') ? 'consent.withdrawn-already' : undefined
  const actionsOf = (chosen: readonly ConsentStanding[]): Action[] =>
    !mayRecord
      ? []
      : [
          { label: 'consent.record', icon: 'check', onSelect: () => ask('given', chosen) },
          {
            label: 'consent.withdraw',
            icon: 'close',
            isDangerous: true,
            disabledReason: withdrawable(chosen),
            onSelect: () => ask('withdrawn', chosen),
          },
        ]
  const open = standings.filter(({ state }) => state === 'not-recorded')
  const without = standings.filter(({ state }) => state === 'withdrawn')
  return (
    <Stack>
      {without.length > 0 && (
        <Notice tone="warning" title={{ key: 'consent.withdrawn.title', values: { count: without.length } }}>
          {say('consent.withdrawn.about', {
            activities: without.map(({ activity }) => say(`activity.${activity}`)).join(say('consent.comma')),
          })}
        </Notice>
      )}
      {open.length > 0 && (
        <Notice
          tone={isStrict ? 'warning' : 'plain'}
          title={{ key: isStrict ? 'consent.open.strict' : 'consent.open', values: { count: open.length } }}
          action={
            mayRecord && (
              <Button kind="primary" onClick={() => ask('given', open)}>
                {say('consent.record')}
              </Button>
            )
          }
        >
          {say(isStrict ? 'consent.open.strict.about' : 'consent.open.about')}
        </Notice>
      )}
      <div>
        <DataTable
          name="consent.title"
          rows={standings}
          rowId={(standing) => standing.activity}
          columns={shown}
          actions={(standing) => actionsOf([standing])}
          {...(mayRecord ? { bulk: actionsOf } : {})}
          opens={(standing) => `?activity=${standing.activity}`}
          openId={at.search['activity']}
        />
      </div>
      <SidePanel param="activity" label="consent.history" ids={standings.map(({ activity }) => activity)}>
        {(id) => {
          const standing = standings.find(({ activity }) => activity === id)
          return standing === undefined ? null : (
            <Part key={id}>
              <History customerId={customerId} standing={standing} ask={mayRecord ? (decision) => ask(decision, [standing]) : undefined} />
            </Part>
          )
        }}
      </SidePanel>
      {asked !== null && (
        <ConsentDialog
          key={asked.decision}
          customerId={customerId}
          company={company}
          people={people}
          {...asked}
          close={() => setAsked(null)}
        />
      )}
    </Stack>
  )
}

/** All that was ever recorded of one activity, newest first. */
function History({
  customerId,
  standing,
  ask,
}: {
  customerId: string
  standing: ConsentStanding
  ask: ((decision: 'given' | 'withdrawn') => void) | undefined
}) {
  const say = useText()
  const { rows } = useLoaded(linesOf(customerId, standing.activity))
  return (
    <Stack>
      <div>
        <h2>{say(`activity.${standing.activity}`)}</h2>
        <p className="quiet">{say(`activity.${standing.activity}.about`)}</p>
      </div>
      <p className={css.standing}>
        <StateTag label={`consent-state.${standing.state}`} tone={toneOf(standing)} />
        <span>{say(standing.isAllowed ? 'consent.is-allowed' : 'consent.is-refused')}</span>
      </p>
      {ask && (
        <Line>
          <Button onClick={() => ask('given')}>{say('consent.record')}</Button>
          {standing.state !== 'withdrawn' && <Button onClick={() => ask('withdrawn')}>{say('consent.withdraw')}</Button>}
        </Line>
      )}
      <div>
        <h3>{say('consent.history')}</h3>
        {rows.length === 0 ? (
          <p className="faint">{say('consent.history.none')}</p>
        ) : (
          <ol className={css.history}>
            {rows.map((line) => (
              <li key={line.id}>
                <One customerId={customerId} line={line} />
              </li>
            ))}
          </ol>
        )}
      </div>
    </Stack>
  )
}

function One({ customerId, line }: { customerId: string; line: ConsentLine }) {
  const say = useText()
  const { number } = useFormat()
  return (
    <>
      <StateTag label={`consent-state.${line.decision}`} tone={line.decision === 'given' ? 'good' : 'action-required'} />
      <Facts
        facts={[
          ['consent.column.saidBy', line.saidBy],
          ['consent.column.saidOn', <Day key="day" of={line.saidOn} />],
          ['consent.column.reference', line.reference],
          ...(line.document === null
            ? []
            : [
                [
                  'consent.document',
                  <a
                    key="document"
                    className={css.document}
                    href={api(consentApi.getConsentDocument).href({ params: { customerId, consentId: line.id } })}
                    download
                  >
                    <Icon name="download" /> {line.document.name}{' '}
                    <span className="faint">
                      {say('consent.kilobytes', { size: number(Math.max(1, Math.round(line.document.sizeBytes / 1000))) })}
                    </span>
                  </a>,
                ] as [string, React.ReactNode],
              ]),
          [
            'consent.recorded',
            <span key="recorded">
              {line.recordedBy} · <Ago at={line.recordedAt} />
            </span>,
          ],
        ]}
      />
    </>
  )
}
