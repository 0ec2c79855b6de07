import { longestDefenceDays } from '@vigie/domain/outbreak'
import { NumberField, TagsField, useText } from '../kit/index.ts'

/** What outbreak defence closes, and for how long (EVT-5). */
export function ClosingFields() {
  const say = useText()
  return (
    <>
      <TagsField name="ports" label="orders.closing.ports" help="outbreak.ports.help" isRequired maxTags={100} />
      <NumberField
        name="days"
        label="outbreak.rule.days-field"
        help={{ key: 'outbreak.rule.days-field.help', values: { max: longestDefenceDays } }}
        min={1}
        max={longestDefenceDays}
        isRequired
      />
      <p className="quiet">{say('outbreak.only-ports-yet')}</p>
    </>
  )
}
