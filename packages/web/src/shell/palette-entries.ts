import { useMantineColorScheme } from '@mantine/core'
import { keepPreviousData, useQuery } from '@tanstack/react-query'
import { commandKinds, plainCommandTypes, type CommandType } from '@vigie/domain/commands'
import { locales } from '@vigie/domain/kernel'
import type { OrderTarget } from '@vigie/domain/orders'
import { askedTogether, searchApi, searchKinds, type SearchHit } from '@vigie/domain/search'
import { useEffect, useMemo, useState } from 'react'
import type { useActor } from '../kit/actor.ts'
import { api } from '../kit/api.ts'
import { paths } from '../kit/paths.ts'
import type { Sign } from '../kit/Severity.tsx'
import { useSignOut } from '../kit/sign-out.ts'
import { useText, type Label } from '../kit/text.tsx'
import { kindIcons, shown } from '../search/hits.ts'
import { recent } from '../search/recent.ts'
import { readVerb } from '../search/verbs.ts'
import type { IconName } from '../ui/icons.tsx'
import { administration, isAllowed, sections } from './sections.ts'
import { useSetLocale } from './TopBar.tsx'

export interface Entry {
  id: string
  /** Text key of its heading. */
  group: string
  label: Label
  detail?: string
  icon: IconName
  sign?: Sign | null
  to?: string
  run?(): void
}
type Actor = ReturnType<typeof useActor>

/** Screens and actions this person may reach. */
export function useCommands(actor: Actor): Entry[] {
  const { colorScheme, setColorScheme } = useMantineColorScheme()
  const setLocale = useSetLocale()
  const signOut = useSignOut()
  const screen = (label: string, to: string, icon: IconName): Entry => ({ id: to, group: 'shell.palette.screens', label, to, icon })
  const action = (label: string, icon: IconName, does: Pick<Entry, 'to' | 'run'>): Entry => ({
    id: label,
    group: 'shell.palette.actions',
    label,
    icon,
    ...does,
  })
  return [
    ...sections.filter((section) => isAllowed(section, actor.can)).map((section) => screen(section.label, section.to, section.icon)),
    ...administration.filter((page) => isAllowed(page, actor.can)).map((page) => screen(page.label, page.to, 'administration')),
    ...(actor.can('detection.read') ? [screen('detections.title', paths.detections(), 'shield')] : []),
    ...(actor.can('command.read') ? [screen('commands.title', paths.commands(), 'play')] : []),
    ...(actor.can('product.read')
      ? [screen('identity.duplicates', paths.duplicates(), 'copy'), screen('identity.moves', paths.moves(), 'refresh')]
      : []),
    screen('shell.my-account', paths.myAccount(), 'user'),
    screen('search.title', paths.search(), 'search'),
    ...(actor.can('product.read') ? [action('inventory.missing.link', 'search', { to: paths.missingEndpoint() })] : []),
    ...(actor.can('order.send') ? [action('orders.new', 'play', { to: paths.newOrder() })] : []),
    ...(actor.can('customer.create') ? [action('shell.new-customer', 'plus', { to: paths.newCustomer() })] : []),
    ...(actor.can('maintenance.update') ? [action('maintenance.new', 'clock', { to: paths.maintenanceWindow({ windowId: 'new' }) })] : []),
    ...(actor.can('alert.declare') && actor.business.kind === 'operator'
      ? [action('outbreak.declare', 'warning', { to: paths.newVirusAlert() })]
      : []),
    ...(actor.can('account.invite') ? [action('shell.invite', 'mail', { to: paths.inviteAccount() })] : []),
    ...(['light', 'dark', 'auto'] as const)
      .filter((scheme) => scheme !== colorScheme)
      .map((scheme) =>
        action(`shell.use-theme.${scheme}`, scheme === 'dark' ? 'moon' : scheme === 'light' ? 'sun' : 'display', {
          run: () => setColorScheme(scheme),
        }),
      ),
    ...locales
      .filter((locale) => locale !== actor.account.locale)
      .map((locale) => action(`shell.use-language.${locale}`, 'edit', { run: () => setLocale(locale) })),
    action('shell.sign-out', 'signOut', { run: signOut }),
  ]
}

/** One sign of Japanese says as much as two letters. */
const isEnough = (text: string) => [...text].length >= 2 || /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}]/u.test(text)
const quietMs = 100

/** What the server finds, after a moment of quiet; the last answer stays until the next is there. */
export function useFound(text: string, actor: Actor): { found: Entry[]; told: Entry[]; isSearching: boolean } {
  const say = useText()
  const wanted = text.trim()
  const [asked, setAsked] = useState('')
  useEffect(() => {
    const timer = setTimeout(() => setAsked(wanted), quietMs)
    return () => clearTimeout(timer)
  }, [wanted])
  const verb = useMemo(
    () => (actor.can('order.send') ? readVerb(asked, told, (type) => say(`command.${type}`)) : null),
    [actor, asked, say],
  )
  const all = useSearch(isEnough(asked) ? { q: asked } : null)
  const targets = useSearch(verb && { q: verb.target, limit: 3, kinds: 'customer,product,endpoint' })
  const isOn = isEnough(wanted)
  return {
    found: isOn ? (all.data ?? []).map((hit) => entryOf(hit, `search.kind.${hit.kind}`)) : [],
    told:
      isOn && verb
        ? (targets.data ?? []).slice(0, 4).flatMap((hit) => verb.verbs.slice(0, 3).flatMap((type) => order(type, hit) ?? []))
        : [],
    isSearching: isOn && (asked !== wanted || all.isFetching || targets.isFetching),
  }

  function entryOf(hit: SearchHit, group: string): Entry {
    const { name, detail, customer, sign, to } = shown(say, hit)
    return {
      id: `${group} ${hit.id}`,
      group,
      label: { text: name },
      detail: [detail, customer].filter(Boolean).join(' · '),
      icon: kindIcons[hit.kind],
      sign,
      to,
    }
  }
  /** To the wizard, filled in: what will happen is shown there before anything does (R16). */
  function order(type: CommandType, hit: SearchHit): Entry | null {
    const target = targetOf(hit)
    if (!target) return null
    const { name, customer } = shown(say, hit)
    return {
      id: `${type} ${hit.id}`,
      group: 'shell.palette.actions',
      label: { key: 'search.order', values: { command: say(`command.${type}`), name } },
      detail: customer,
      icon: 'play',
      to: paths.newOrder({ target: JSON.stringify(target), type }),
    }
  }
}
/** What can be told by name. */
const told = plainCommandTypes.filter((type) => !commandKinds[type].isDangerous)

function targetOf(hit: SearchHit): OrderTarget | null {
  if (hit.kind === 'customer') return { kind: 'customers', customerIds: [hit.id] }
  if (hit.kind === 'product') return { kind: 'products', productIds: [hit.id] }
  return hit.kind === 'endpoint' ? { kind: 'endpoints', endpointIds: [hit.id] } : null
}

interface Asked {
  q: string
  limit?: number
  /** All, if none is named. */
  kinds?: string
}
const useSearch = (query: Asked | null) =>
  useQuery({
    queryKey: ['palette', query],
    enabled: query !== null,
    placeholderData: keepPreviousData,
    staleTime: 15_000,
    queryFn: ({ signal }) => find(query!, signal),
  })

/** Shown together, once all of it is there: nothing moves under a pointer. */
async function find({ kinds, ...query }: Asked, signal: AbortSignal): Promise<SearchHit[]> {
  const wanted: readonly string[] = kinds?.split(',') ?? searchKinds
  const parts = askedTogether.map((part) => part.filter((kind) => wanted.includes(kind)).join()).filter(Boolean)
  const replies = await Promise.all(parts.map((part) => api(searchApi.searchAll).call({ query: { ...query, kinds: part } }, { signal })))
  const groups = replies.flatMap((reply) => reply.groups)
  return searchKinds.flatMap((kind) => groups.find((group) => group.kind === kind)?.rows ?? [])
}

/** What one opened last, as it is called now. */
export function useRecent(actor: Actor): Entry[] {
  const say = useText()
  const refs = useMemo(() => recent(actor.account.id), [actor.account.id])
  const { data = [] } = useQuery({
    queryKey: ['palette-recent', refs],
    enabled: refs.length > 0,
    staleTime: 0,
    queryFn: async ({ signal }) => (await api(searchApi.nameThings).call({ query: { of: refs.join(',') } }, { signal })).rows,
  })
  return data.map((hit) => {
    const { name, detail, customer, sign, to } = shown(say, hit)
    return {
      id: `recent ${hit.id}`,
      group: 'search.recent',
      label: { text: name },
      detail: [detail, customer].filter(Boolean).join(' · '),
      icon: kindIcons[hit.kind],
      sign,
      to,
    }
  })
}
