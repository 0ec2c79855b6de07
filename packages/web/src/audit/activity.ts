import { activityText, categoryText } from '@vigie/domain/audit'
import type { Translator } from '@vigie/domain/text'
import type { Speaker } from '../kit/text.tsx'

/** The domain's rules for words without a text of their own; the console's speaker speaks the same way as its translator. */
const translator = (say: Speaker) => say as unknown as Translator

export const activity = (say: Speaker, name: string): string => activityText(translator(say), name)
export const category = (say: Speaker, name: string): string => categoryText(translator(say), name)

/**
 * What a record is about, as its reader knows it. Thresholds, events and orders are recorded by their identifiers (`antivirus.incidents (Acme)`, `antivirus/uncleaned`, `scan-now`); all
 * else by the name it had then.
 */
export function objectText(say: Speaker, object: { kind: string; name: string }): string {
  const index = /^([a-z-]+)\.(\w+)(.*)$/s.exec(object.name)
  if (object.kind === 'index' && index && say.has(`index.${index[1]}.${index[2]}`))
    return `${say(`index.${index[1]}.${index[2]}`)}${index[3]}`
  const event = /^([a-z-]+)\/[a-z-]+$/.exec(object.name)
  if (object.kind === 'event' && event && say.has(`category.${event[1]}`)) return say(`category.${event[1]}`)
  const deed = [`command.${object.name}`, `order-deed.${object.name}`].find((key) => object.kind === 'order' && say.has(key))
  return deed ? say(deed) : object.name
}
