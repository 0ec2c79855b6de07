import { eventsApi } from '@vigie/domain/events'
import { Panel, query, Section, useActor, useLoaded, useText } from '../kit/index.ts'
import { byCategory } from './groups.ts'
import { IndexRow } from './IndexRow.tsx'

export const indexesOf = (customerId: string | null) => query(eventsApi.getIndexes).with({ query: customerId === null ? {} : { customerId } })

/** The thresholds in force, by category. @param customerId null: the business's own */
export function IndexList({ customerId }: { customerId: string | null }) {
  const say = useText()
  const actor = useActor()
  const { rows } = useLoaded(indexesOf(customerId))
  return byCategory(rows).map(([category, settings]) => (
    <Section
      key={category}
      title={say.has(`category.${category}`) ? `category.${category}` : { text: category }}
      {...(say.has(`category.${category}.about`) ? { about: `category.${category}.about` } : {})}
    >
      <Panel lines>
        {settings.map((setting) => <IndexRow key={setting.name} setting={setting} customerId={customerId} mayChange={actor.can('index.update')} />)}
      </Panel>
    </Section>
  ))
}
