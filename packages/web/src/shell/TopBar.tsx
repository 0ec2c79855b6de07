import { Menu, Tooltip, useMantineColorScheme } from '@mantine/core'
import { useRouter } from '@tanstack/react-router'
import { accessApi } from '@vigie/domain/access'
import { attention, figuresApi } from '@vigie/domain/figures'
import { locales, type Locale } from '@vigie/domain/kernel'
import type * as z from 'zod'
import { useActor } from '../kit/actor.ts'
import { api } from '../kit/api.ts'
import { Link } from '../kit/Link.tsx'
import { paths } from '../kit/paths.ts'
import { query, queryClient, useQuietly } from '../kit/query.ts'
import { useSignOut } from '../kit/sign-out.ts'
import { Glyph } from '../kit/Severity.tsx'
import { languageNames, nameOf, useChangeLanguage, useFormat, useText } from '../kit/text.tsx'
import { trouble } from '../kit/toast.tsx'
import { buttonClass, IconButton } from '../ui/Button.tsx'
import { Icon, type IconName } from '../ui/icons.tsx'
import css from './Shell.module.css'
import { UndoMenu } from './UndoMenu.tsx'

interface Props {
  onMenu(): void
  onSearch(): void
  onShortcuts(): void
  isRailOpen: boolean
}

export function TopBar({ onMenu, onSearch, onShortcuts, isRailOpen }: Props) {
  const say = useText()
  const actor = useActor()
  return (
    <header className={css.bar}>
      <span className={css.onPhone}>
        <IconButton icon="menu" label={say('shell.menu')} aria-expanded={isRailOpen} aria-controls="rail" onClick={onMenu} />
      </span>
      <span className={css.business} title={actor.business.name}>
        {actor.business.name}
      </span>
      {actor.isSimulated && (
        <Tooltip label={say('shell.simulated.about')}>
          <span className={css.simulated}>{say('shell.simulated')}</span>
        </Tooltip>
      )}
      <button type="button" className={css.search} onClick={onSearch} aria-keyshortcuts="Control+K /" aria-label={say('shell.search')}>
        <Icon name="search" size={14} />
        <span>{say('shell.search')}</span>
        <kbd>/</kbd>
      </button>
      <div className={css.tools}>
        {actor.can('customer.create') && (
          <Link to={paths.newCustomer()} className={`${buttonClass()} ${css.newCustomer}`}>
            <Icon name="plus" />
            <span>{say('shell.new-customer')}</span>
          </Link>
        )}
        {actor.can('figure.read') && actor.can('event.read') && <Bell />}
        <UndoMenu />
        <HelpMenu onShortcuts={onShortcuts} />
        <AccountMenu />
      </div>
    </header>
  )
}

const attentionQuery = query(figuresApi.getFigure).with({ params: { figureId: attention.id } })

/** How many events need action now; it leads to exactly those. */
function Bell() {
  const say = useText()
  const { number } = useFormat()
  const count = (useQuietly(attentionQuery)?.value as z.output<typeof attention.value> | undefined)?.actionRequired ?? 0
  const words = say('shell.bell', { count })
  return (
    <Tooltip label={words}>
      <Link to={paths.events({ severity: 'action-required' })} className={css.bell} aria-label={words}>
        {count > 0 ? <Glyph sign="action-required" size={16} /> : <Icon name="bell" />}
        {count > 0 && <span className="figures">{count > 999 ? `${number(999)}+` : number(count)}</span>}
      </Link>
    </Tooltip>
  )
}

function HelpMenu({ onShortcuts }: { onShortcuts(): void }) {
  const say = useText()
  return (
    <Menu>
      <Menu.Target>
        <IconButton icon="help" label={say('shell.help')} className={css.notOnPhone} />
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Item onClick={onShortcuts} rightSection={<kbd>?</kbd>}>
          {say('shell.shortcuts')}
        </Menu.Item>
        <Menu.Item
          component="a"
          href="/api/v1/openapi.json"
          target="_blank"
          rel="noreferrer"
          rightSection={<Icon name="external" size={14} />}
        >
          {say('shell.api-description')}
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  )
}

/** Draws in the new language at once; the account remembers it for mails and the next browser. */
export function useSetLocale() {
  const change = useChangeLanguage()
  return (locale: Locale) => {
    void change(locale)
    void api(accessApi.updateMe)
      .call({ body: { locale } })
      .then(() => queryClient.invalidateQueries(), trouble)
  }
}

const schemes = [
  { value: 'light', icon: 'sun' },
  { value: 'dark', icon: 'moon' },
  { value: 'auto', icon: 'display' },
] as const satisfies { value: string; icon: IconName }[]

function AccountMenu() {
  const say = useText()
  const { account } = useActor()
  const signOut = useSignOut()
  const setLocale = useSetLocale()
  const { colorScheme, setColorScheme } = useMantineColorScheme()
  const name = nameOf(account)
  return (
    <Menu width={240}>
      <Menu.Target>
        <button type="button" className={css.avatar}>
          <span aria-hidden="true">{initials(account.firstName, account.lastName)}</span>
          <span className="sr-only">{say('shell.account-of', { name })}</span>
        </button>
      </Menu.Target>
      <Menu.Dropdown>
        <div className={css.person}>
          <strong>{name}</strong>
          <span className="faint">{account.email}</span>
        </div>
        <Menu.Divider />
        <AccountLink />
        <Menu.Divider />
        <Menu.Label>{say('shell.theme')}</Menu.Label>
        {schemes.map((scheme) => (
          <Menu.RadioItem
            key={scheme.value}
            value={scheme.value}
            checked={colorScheme === scheme.value}
            rightSection={<Icon name={scheme.icon} />}
            onChange={() => setColorScheme(scheme.value)}
          >
            {say(`shell.theme.${scheme.value}`)}
          </Menu.RadioItem>
        ))}
        <Menu.Label>{say('shell.language')}</Menu.Label>
        {locales.map((locale) => (
          <Menu.RadioItem key={locale} lang={locale} value={locale} checked={say.locale === locale} onChange={() => setLocale(locale)}>
            {languageNames[locale]}
          </Menu.RadioItem>
        ))}
        <Menu.Divider />
        <Menu.Item leftSection={<Icon name="signOut" />} onClick={signOut}>
          {say('shell.sign-out')}
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  )
}

function AccountLink() {
  const say = useText()
  const router = useRouter()
  return (
    <Menu.Item
      component="a"
      href={paths.myAccount()}
      leftSection={<Icon name="user" />}
      onClick={(event: React.MouseEvent) => {
        event.preventDefault()
        void router.navigate({ href: paths.myAccount() })
      }}
    >
      {say('shell.my-account')}
    </Menu.Item>
  )
}

/** Japanese names have one sign each; Latin ones two letters. */
function initials(first: string, last: string): string {
  const isLatin = /^\p{Script=Latin}/u.test(first + last)
  return isLatin ? `${[...first][0] ?? ''}${[...last][0] ?? ''}`.toUpperCase() : ([...last][0] ?? [...first][0] ?? '')
}
