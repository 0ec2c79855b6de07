import { urlKinds, urlListsApi, type UrlListEntry } from '@vigie/domain/settings'
import { useState } from 'react'
import { Button, columns, confirm, csvOf, DataTable, Empty, query, toast, useAction, useActor, useAddress, useLoaded, useText, type Action, type Filter } from '../kit/index.ts'
import { AddUrls } from './AddUrls.tsx'
import { decodedUrl } from './decode-url.ts'

export const urlsOf = (customerId: string | null) => query(urlListsApi.listUrls).list(() => ({ query: customerId === null ? {} : { customerId } }) as never)

const column = columns<UrlListEntry>('settings.url.column')
const shown = [
  column.cell('text', (entry) => <Entry entry={entry} />, { main: true, sort: true }),
  column.state('kind', (entry) => ({ label: `url-kind.${entry.kind}`, tone: entry.kind === 'approved' ? 'good' : 'quiet' }), { width: 150 }),
  column.text('addedBy', undefined, { width: 170 }),
  column.ago('addedAt', { width: 140, sort: true }),
]
const filters: Filter[] = [{ key: 'kind', label: 'settings.url.column.kind', options: urlKinds.map((value) => ({ value, label: `url-kind.${value}` })) }]

/** IDN as people read it, and, where that differs, as engines take it: a look-alike shows. */
function Entry({ entry }: { entry: UrlListEntry }) {
  const decoded = decodedUrl(entry.text)
  return <span className="mono" title={entry.text}>{decoded}{decoded !== entry.text && <span className="faint"> {entry.text}</span>}</span>
}

/** ADM-2: approved and blocked URLs of the business (`customerId` null) or of one customer. */
export function UrlLists({ customerId }: { customerId: string | null }) {
  const say = useText()
  const at = useAddress()
  const actor = useActor()
  const list = urlsOf(customerId)
  const loaded = useLoaded(list)
  const removing = useAction(urlListsApi.removeUrls)
  const [isAdding, setAdding] = useState(false)
  const may = actor.can('setting.update')
  const remove = (ids: readonly string[], clear: () => void = () => {}): Action => ({
    label: 'settings.url.remove', icon: 'trash', isDangerous: true,
    onSelect: () => confirm({
      title: { key: 'settings.url.remove.ask', values: { count: ids.length } }, consequence: 'settings.url.remove.about', action: 'settings.url.remove', isDangerous: true,
      run: async () => {
        await removing.run({ body: { ids: [...ids] } })
        clear()
        toast({ key: 'settings.url.removed', values: { count: ids.length } })
      },
    }),
  })
  return (
    <>
      <DataTable
        {...loaded} name="settings.urls" columns={shown} sort="text" filters={filters} search="settings.url.search" csv={csvOf(urlListsApi.exportUrls, list(at))}
        actions={(entry) => (may ? [remove([entry.id])] : [])}
        {...(may ? { bulk: (_: UrlListEntry[], ids: readonly string[], clear: () => void) => [remove(ids, clear)] } : {})}
        tools={may && <Button icon="plus" onClick={() => setAdding(true)}>{say('settings.url.add')}</Button>}
        empty={<Empty icon="shield" title="settings.url.none" about="settings.url.none.about" />}
      />
      {isAdding && <AddUrls customerId={customerId} close={() => setAdding(false)} />}
    </>
  )
}
