import { useMantineColorScheme } from '@mantine/core'
import { keepPreviousData, useQuery } from '@tanstack/react-query'
import { customersApi } from '@vigie/domain/customers'
import { locales } from '@vigie/domain/kernel'
import { productsApi } from '@vigie/domain/products'
import { useEffect, useState } from 'react'
import type { useActor } from '../kit/actor.ts'
import { api } from '../kit/api.ts'
import { paths } from '../kit/paths.ts'
import type { Label } from '../kit/text.tsx'
import type { IconName } from '../ui/icons.tsx'
import { administration, isAllowed, sections } from './sections.ts'
import { useSignOut } from '../kit/sign-out.ts'
import { useSetLocale } from './TopBar.tsx'

export interface Entry {
  id: string
  /** Text key of its heading. */
  group: string
  label: Label
  detail?: string
  icon: IconName
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
  const action = (label: string, icon: IconName, does: Pick<Entry, 'to' | 'run'>): Entry => ({ id: label, group: 'shell.palette.actions', label, icon, ...does })
  return [
    ...sections.filter((section) => isAllowed(section, actor.can)).map((section) => screen(section.label, section.to, section.icon)),
    ...administration.filter((page) => isAllowed(page, actor.can)).map((page) => screen(page.label, page.to, 'administration')),
    screen('shell.my-account', paths.myAccount(), 'user'),
    ...(actor.can('product.read') ? [action('inventory.missing.link', 'search', { to: paths.missingEndpoint() })] : []),
    ...(actor.can('order.send') ? [action('orders.new', 'play', { to: paths.newOrder() })] : []),
    ...(actor.can('customer.create') ? [action('shell.new-customer', 'plus', { to: paths.newCustomer() })] : []),
    ...(actor.can('account.invite') ? [action('shell.invite', 'mail', { to: paths.inviteAccount() })] : []),
    ...(['light', 'dark', 'auto'] as const).filter((scheme) => scheme !== colorScheme).map((scheme) => action(`shell.use-theme.${scheme}`, scheme === 'dark' ? 'moon' : scheme === 'light' ? 'sun' : 'display', { run: () => setColorScheme(scheme) })),
    ...locales.filter((locale) => locale !== actor.account.locale).map((locale) => action(`shell.use-language.${locale}`, 'edit', { run: () => setLocale(locale) })),
    action('shell.sign-out', 'signOut', { run: signOut }),
  ]
}

/** What the server finds for at least two signs, after 120 ms of quiet; the last answer stays until the next is there. */
export function useFound(text: string, actor: Actor): { found: Entry[]; isSearching: boolean } {
  const wanted = text.trim()
  const [asked, setAsked] = useState('')
  useEffect(() => {
    const timer = setTimeout(() => setAsked(wanted), 120)
    return () => clearTimeout(timer)
  }, [wanted])
  const isOn = [...asked].length >= 2
  const result = useQuery({
    queryKey: ['palette', asked],
    enabled: isOn,
    placeholderData: keepPreviousData,
    staleTime: 15_000,
    queryFn: async ({ signal }) => {
      const query = { q: asked, limit: 5 }
      const [customers, products, endpoints] = await Promise.all([
        actor.can('customer.read') ? api(customersApi.listCustomers).call({ query }, { signal }).then(({ rows }) => rows) : [],
        actor.can('product.read') ? api(productsApi.listProducts).call({ query }, { signal }).then(({ rows }) => rows) : [],
        actor.can('product.read') ? api(productsApi.listEndpoints).call({ query }, { signal }).then(({ rows }) => rows) : [],
      ])
      return [
        ...customers.map((one): Entry => ({ id: one.id, group: 'shell.palette.customers', label: { text: one.company }, detail: one.accountId, icon: 'customers', to: paths.customer({ customerId: one.id }) })),
        ...products.map((one): Entry => ({ id: one.id, group: 'shell.palette.products', label: { text: one.description }, detail: one.customerName, icon: 'shield', to: paths.product({ productId: one.id }) })),
        ...endpoints.map((one): Entry => ({ id: one.id, group: 'shell.palette.endpoints', label: { text: one.name }, detail: one.customerName, icon: 'server', to: paths.endpoint({ endpointId: one.id }) })),
      ]
    },
  })
  return { found: isOn && [...wanted].length >= 2 ? (result.data ?? []) : [], isSearching: [...wanted].length >= 2 && (asked !== wanted || result.isFetching) }
}
