import type { PlaceLine } from '@vigie/domain/orders'
import { StateTag, useText } from '../kit/index.ts'
import type { Speaker } from '../kit/text.tsx'
import { decodedUrl } from './decode-url.ts'
import css from './settings.module.css'
import { slotName, valueWords } from './words.ts'

/** What an order does, or does not do, at a place. `places`: at how many, where lines are summed up. */
export function PlaceLines({ lines, most = 100 }: { lines: readonly { line: PlaceLine; places?: number }[]; most?: number }) {
  const say = useText()
  return (
    <ul className={css.lines}>
      {lines.slice(0, most).map(({ line, places }, at) => (
        <li key={at} data-kind={line.kind}>
          {lineWords(say, line)}
          {places !== undefined && <span className="quiet"> · {say('orders.dry-run.at', { count: places })}</span>}
          {'endpoints' in line && line.endpoints > 0 && (
            <span className="quiet"> · {say('orders.place.endpoints', { count: line.endpoints })}</span>
          )}
          {line.kind === 'setting' && line.weakens && (
            <>
              {' '}
              <StateTag tone="warning" label="settings.weaker.tag" />
            </>
          )}
        </li>
      ))}
      {lines.length > most && <li className="quiet">{say('orders.dry-run.more-customers', { count: lines.length - most })}</li>}
    </ul>
  )
}

/** As people read it, and, where that differs, as engines take it: a look-alike shows. */
function address(text: string): string {
  const decoded = decodedUrl(text)
  return decoded === text ? text : `${decoded} (${text})`
}

function lineWords(say: Speaker, line: PlaceLine): string {
  const key = `place-line.${line.kind}`
  const nothing = say('place-line.nothing')
  switch (line.kind) {
    case 'setting':
      return say(key, {
        setting: slotName(say, line.key),
        from: line.from === null ? nothing : valueWords(say, line.key, line.from),
        to: line.to === null ? nothing : valueWords(say, line.key, line.to),
      })
    case 'template':
      return say(key, { from: line.from ?? nothing, to: line.to ?? nothing })
    case 'left':
      return say(key, {
        what: line.what === 'template' ? say('place-line.its-template') : address(slotName(say, line.what)),
        known: line.by === null ? 'no' : 'yes',
        by: line.by ?? '',
      })
    case 'url':
      return say(`${key}.${line.does}`, { text: address(line.text), against: line.against === null ? '' : address(line.against) })
    default:
      return say(key, { setting: slotName(say, line.key) })
  }
}
