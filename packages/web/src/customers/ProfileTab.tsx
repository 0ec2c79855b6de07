import { CompanyProfile, CustomerAccount, customersApi, Tag, type Customer } from '@vigie/domain/customers'
import { Problem } from '@vigie/domain/kernel'
import { useEffect, useState } from 'react'
import * as z from 'zod'
import { api, Ago, CopyText, Facts, FieldGroup, Form, Panel, Stack, toast, useActor, useForm, useQuietly, useText } from '../kit/index.ts'
import { ConflictNotice, type ChangedBy } from './ConflictNotice.tsx'
import { AccountFields, CompanyFields, TagFields } from './fields.tsx'
import { mergeEdits, type Merge } from './merge.ts'
import { tagsInUse } from './tags.ts'

const shape = z.object({ profile: CompanyProfile, account: CustomerAccount, tags: z.array(Tag).max(20) })
type Values = z.infer<typeof shape>

const valuesOf = (customer: Customer): Values => ({
  profile: {
    company: customer.company,
    address: customer.address,
    city: customer.city,
    state: customer.state,
    postalCode: customer.postalCode,
    country: customer.country,
    industry: customer.industry,
    sizeEndpoints: customer.sizeEndpoints,
    phone: customer.phone,
  },
  account: { accountId: customer.accountId, timeZone: customer.timeZone, locale: customer.locale },
  tags: customer.tags,
})

/** CUS-3: the company profile. Somebody else's change in between is shown and merged, never overwritten unseen. */
export function ProfileTab({ customer }: { customer: Customer }) {
  return useActor().can('customer.update') ? <Editor customer={customer} /> : <Reader customer={customer} />
}

function Editor({ customer }: { customer: Customer }) {
  const tags = useQuietly(tagsInUse)?.rows.map(({ tag }) => tag) ?? []
  /** What the form began from: its version is the one we promise to have seen. */
  const [base, setBase] = useState(customer)
  const [merge, setMerge] = useState<Merge | null>(null)
  const [by, setBy] = useState<ChangedBy | null>(null)
  const form = useForm<Values, Customer | null>({
    initial: valuesOf(customer),
    shape,
    submit: async (body) => {
      try {
        return await api(customersApi.updateCustomer).call({ params: { customerId: customer.id }, body }, { version: base.version })
      } catch (error) {
        if (!(error instanceof Problem && error.code === 'request.changed-meanwhile')) throw error
        const { changedBy, changedAt } = error.data
        setBy(typeof changedBy === 'string' && typeof changedAt === 'string' ? { name: changedBy, at: changedAt } : null)
        return null
      }
    },
    onDone: (saved, typed) => {
      if (saved === null) return void rebase(typed)
      setBase(saved)
      setMerge(null)
      form.reset(valuesOf(saved))
      toast('kit.saved')
    },
  })
  /** Begins again from what is stored now, with what the person typed on top. */
  const rebase = async (typed: Values, stored?: Customer) => {
    const now = stored ?? (await api(customersApi.getCustomer).call({ params: { customerId: customer.id } }))
    const found = mergeEdits(valuesOf(base), typed, valuesOf(now))
    setBase(now)
    setMerge(found)
    form.reset(valuesOf(now))
    for (const { path, value } of found.kept) form.set(path, value)
  }
  // Live: somebody else saved. Untouched, the form follows; touched, it is told before the press, not after.
  useEffect(() => {
    if (customer.version <= base.version || form.isBusy) return
    if (form.isDirty) {
      setBy(null) // told live: only that somebody did
      void rebase(form.values, customer)
    } else {
      setBase(customer)
      form.reset(valuesOf(customer))
    }
    // oxlint-disable-next-line react-hooks/exhaustive-deps -- only another version from the server
  }, [customer.version])
  return (
    <Stack>
      {merge !== null && (
        <ConflictNotice
          merge={merge}
          by={by}
          takeTheirs={() => {
            form.reset(valuesOf(base))
            setMerge(null)
          }}
          close={() => setMerge(null)}
        />
      )}
      <Form form={form} onlyWhenDirty>
        <FieldGroup title="customers.wizard.company">
          <CompanyFields />
        </FieldGroup>
        <FieldGroup title="customers.wizard.account.title">
          <AccountFields />
        </FieldGroup>
        <TagFields suggestions={tags} />
      </Form>
    </Stack>
  )
}

function Reader({ customer }: { customer: Customer }) {
  const say = useText()
  const country = new Intl.DisplayNames(say.locale, { type: 'region' }).of(customer.country)
  return (
    <Panel>
      <Facts
        facts={[
          ['customers.company', customer.company],
          [
            'customers.address',
            [customer.address, [customer.postalCode, customer.city].filter(Boolean).join(' '), customer.state, country]
              .filter(Boolean)
              .join(', '),
          ],
          ['customers.phone', customer.phone],
          ['customers.industry', customer.industry],
          ['customers.size', customer.sizeEndpoints],
          ['customers.account-id', <CopyText key="id" text={customer.accountId} />],
          ['customers.time-zone', customer.timeZone],
          ['customers.locale', say(`locale.${customer.locale}`)],
          ['customers.column.tags', customer.tags.join(', ')],
          ['customers.column.createdAt', <Ago key="created" at={customer.createdAt} />],
        ]}
      />
    </Panel>
  )
}
