import { eventsApi } from '@vigie/domain/events'
import { Panel, query, Section, useActor, useLoaded, useText } from '../kit/index.ts'
import { byCategory, type Whose } from './groups.ts'
import { IndexRow } from './IndexRow.tsx'

export const indexesOf = (whose: Whose) => query(eventsApi.getIndexes).with({ query: whose as never })

/** The thresholds in force, by category. */
export function IndexList({ whose }: { whose: Whose }) {
  const say = useText()
  const actor = useActor()
  const { rows } = useLoaded(indexesOf(whose))
  return byCategory(rows).map(([category, settings]) => (
    <Section
      key={category}
      title={say.has(`category.${category}`) ? `category.${category}` : { text: category }}
      {...(say.has(`category.${category}.about`) ? { about: `category.${category}.about` } : {})}
    >
      <Panel lines>
        {settings.map((setting) => (
          <IndexRow
            key={setting.name}
            setting={setting}
            whose={whose}
            mayChange={actor.can('index.update') && (whose.customerId !== undefined || actor.account.scope === null)}
          />
        ))}
      </Panel>
    </Section>
  ))
}
