import { Tooltip } from '@mantine/core'
import type { ButtonHTMLAttributes, ReactNode, Ref } from 'react'
import css from './Button.module.css'
import { Icon, type IconName } from './icons.tsx'

interface Props extends Omit<ButtonHTMLAttributes<HTMLButtonElement>, 'disabled'> {
  /** `primary`: the screen's one action. `danger`: the last step of something that cannot be taken back. */
  kind?: 'primary' | 'plain' | 'quiet' | 'danger'
  size?: 'normal' | 'small'
  icon?: IconName
  /** Work goes on: the label stays, a bar runs, a second press does nothing. */
  isBusy?: boolean
  /** Why it can't be pressed now; shown on hover and focus. The button stays reachable by keyboard, so that one can find out. */
  disabledReason?: string | undefined
  ref?: Ref<HTMLButtonElement>
  children?: ReactNode
}

export function Button({
  kind = 'plain',
  size = 'normal',
  icon,
  isBusy = false,
  disabledReason,
  children,
  className,
  onClick,
  type = 'button',
  ...rest
}: Props) {
  const isOff = isBusy || disabledReason !== undefined
  const button = (
    <button
      {...rest}
      type={type}
      className={[
        css.button,
        css[kind] ?? '',
        size === 'small' ? css.small : '',
        children === undefined ? css.square : '',
        className ?? '',
      ].join(' ')}
      aria-disabled={isOff || undefined}
      data-busy={isBusy || undefined}
      onClick={(event) => {
        if (isOff) event.preventDefault()
        else onClick?.(event)
      }}
    >
      {icon && <Icon name={icon} />}
      {children !== undefined && <span>{children}</span>}
    </button>
  )
  return disabledReason === undefined ? button : <Tooltip label={disabledReason}>{button}</Tooltip>
}

/** An icon alone always has a name, which is also its tooltip. */
export function IconButton({ label, icon, kind = 'quiet', ...rest }: Omit<Props, 'children' | 'icon'> & { label: string; icon: IconName }) {
  return (
    <Tooltip label={rest.disabledReason ?? label} disabled={rest['aria-expanded'] === true}>
      <Button
        {...rest}
        kind={kind}
        icon={icon}
        aria-label={label}
        disabledReason={undefined}
        {...(rest.disabledReason ? { 'aria-disabled': true, onClick: undefined } : {})}
      />
    </Tooltip>
  )
}

/** For `<a>`s that look like buttons. */
export const buttonClass = (kind: NonNullable<Props['kind']> = 'plain', size: 'normal' | 'small' = 'normal') =>
  [css.button, css[kind] ?? '', size === 'small' ? css.small : ''].join(' ')
