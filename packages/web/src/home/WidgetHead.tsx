import { Menu } from '@mantine/core'
import { Ago, Glyph, Icon, Link, paths, useText } from '../kit/index.ts'
import { lostAfterMs, type ShownFigure } from '../widgets/index.ts'
import css from './dashboard.module.css'

/** Over how long, of what kind of threat: a word that is also the way to another one, where there is any. */
export function ChoiceMenu<Choice extends string>({
  of,
  choices,
  chosen,
  onChoose,
  widget,
}: {
  of: 'range' | 'kind'
  choices: readonly Choice[]
  chosen: Choice
  onChoose(choice: Choice): void
  widget: string
}) {
  const say = useText()
  if (choices.length === 1) return <>{say(`widgets.${of}.${chosen}`)} · </>
  return (
    <>
      <Menu position="bottom-start">
        <Menu.Target>
          <button
            type="button"
            className={css.range}
            aria-label={say(`dashboard.widget.${of}`, { widget, [of]: say(`widgets.${of}.${chosen}`) })}
          >
            {say(`widgets.${of}.${chosen}`)}
            <Icon name="chevronDown" size={10} />
          </button>
        </Menu.Target>
        <Menu.Dropdown>
          {choices.map((one) => (
            <Menu.CheckboxItem key={one} checked={one === chosen} closeMenuOnClick onChange={() => onChoose(one)}>
              {say(`widgets.${of}.${one}`)}
            </Menu.CheckboxItem>
          ))}
        </Menu.Dropdown>
      </Menu>
      <span aria-hidden="true"> · </span>
    </>
  )
}

/** When it was counted, greyed when that is long ago; and whether products that feed it are silent (PRD-8). */
export function Updated({ figure: { data, hasFailed } }: { figure: ShownFigure }) {
  const say = useText()
  if (data === undefined) return <span>{say('kit.loading')}</span>
  const { asOf, stale } = data.answer
  const words = stale === null ? '' : say('dashboard.widget.stale', { count: stale.products, of: stale.of })
  return (
    <>
      <span className={css.updated}>
        {say('kit.updated')} <Ago at={asOf} freshForSeconds={lostAfterMs / 1000} />
      </span>
      {hasFailed && <span className={css.stale}>{say('dashboard.widget.not-refreshed')}</span>}
      {stale !== null && stale.products > 0 && (
        <span className={css.stale} title={say('dashboard.widget.stale.about')}>
          <Glyph sign="unknown" size={10} />
          {stale.rows === null ? words : <Link to={paths.rows(stale.rows)}>{words}</Link>}
        </span>
      )}
    </>
  )
}
