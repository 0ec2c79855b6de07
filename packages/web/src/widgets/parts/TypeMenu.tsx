import { Menu } from '@mantine/core'
import { useContext } from 'react'
import { Icon, useText } from '../../kit/index.ts'
import { Unpressable } from '../charts/Legend.tsx'
import { typeName } from './names.ts'
import css from './parts.module.css'

/** Of all product types, or of one: a word that is also the way to another. With one type alone there is nothing to choose. */
export function TypeMenu({ types, type, choose }: { types: readonly string[]; type: string | null; choose(type: string | null): void }) {
  const say = useText()
  const isUnpressable = useContext(Unpressable)
  if (types.length < 2) return null
  const words = type === null ? say('widgets.all-types') : typeName(say, type)
  if (isUnpressable) return <span className={css.choice}>{words}</span>
  return (
    <Menu position="bottom-start">
      <Menu.Target>
        <button type="button" className={css.choice} aria-label={say('widgets.of-type', { type: words })}>
          {words}
          <Icon name="chevronDown" size={10} />
        </button>
      </Menu.Target>
      <Menu.Dropdown>
        {[null, ...types].map((one) => (
          <Menu.CheckboxItem key={one} checked={one === type} closeMenuOnClick onChange={() => choose(one)}>
            {one === null ? say('widgets.all-types') : typeName(say, one)}
          </Menu.CheckboxItem>
        ))}
      </Menu.Dropdown>
    </Menu>
  )
}

/** What the viewer chose, if that type is still there; and how to keep another choice. */
export const chosenType = (types: readonly { typeId: string }[], chosen: string | undefined): string | null =>
  types.some(({ typeId }) => typeId === chosen) ? chosen! : null
