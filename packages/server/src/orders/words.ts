import type { PlaceLine } from '@vigie/domain/orders'
import { slotByKey } from '@vigie/domain/settings'
import type { speaker } from '../platform/index.ts'

type Say = ReturnType<typeof speaker>

/** One line of what an order does at a place, for a file. */
export function lineWords(say: Say, line: PlaceLine): string {
  const key = `place-line.${line.kind}`
  switch (line.kind) {
    case 'setting':
      return say(key, {
        setting: slotWords(say, line.key),
        from: valueWords(say, line.key, line.from),
        to: valueWords(say, line.key, line.to),
      })
    case 'template':
      return say(key, { from: line.from ?? say('place-line.nothing'), to: line.to ?? say('place-line.nothing') })
    case 'left':
      return say(key, {
        what: line.what === 'template' ? say('place-line.its-template') : slotWords(say, line.what),
        known: line.by === null ? 'no' : 'yes',
        by: line.by ?? '',
      })
    case 'url':
      return say(`place-line.url.${line.does}`, { text: line.text, against: line.against ?? '' })
    default:
      return say(key, { setting: slotWords(say, line.key) })
  }
}

function slotWords(say: Say, key: string): string {
  const slot = slotByKey.get(key)
  if (!slot) return key
  const name = `${say(`setting-group.${slot.setting.group}`)}: ${say(`setting.${slot.setting.id}`)}`
  return slot.place === null ? name : `${name} (${say(`setting-place.${slot.place}`)})`
}

function valueWords(say: Say, key: string, value: Extract<PlaceLine, { kind: 'setting' }>['from']): string {
  const setting = slotByKey.get(key)?.setting
  if (value === null) return say('place-line.nothing')
  if (typeof value === 'boolean') return say(value ? 'place-line.on' : 'place-line.off')
  if (Array.isArray(value)) return value.length === 0 ? say('place-line.none') : value.join(', ')
  return setting?.shape.kind === 'choice' ? say(`setting-choice.${setting.id}.${value}`) : String(value)
}
