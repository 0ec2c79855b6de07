import { ContactInput, CompanyProfile, CustomerAccount, customersApi, Tag } from '@vigie/domain/customers'
import { NewProduct, productsApi } from '@vigie/domain/products'
import { Problem } from '@vigie/domain/kernel'
import { useEffect, useRef } from 'react'
import * as z from 'zod'
import { api, buttonClass, FieldGroup, Link, load, Page, paths, query, toast, useActor, useAddress, useForm, useGo, useLoaded, useText, Wizard } from '../kit/index.ts'
import { likelyCountry, proposeAccountId } from './defaults.ts'
import { AccountFields, CompanyFields, ContactFields, TagFields } from './fields.tsx'
import { ProductRows } from './ProductRows.tsx'
import { Review } from './Review.tsx'

const catalogue = query(productsApi.getCatalogue).with({})
export const loader = load(catalogue)

const shape = z.object({
  profile: CompanyProfile,
  account: CustomerAccount,
  contact: ContactInput,
  tags: z.array(Tag).max(20),
  products: z.array(NewProduct.extend({ typeId: NewProduct.shape.typeId.min(1) })).max(20),
})
type Values = z.input<typeof shape>

/** CUS-1: company, account and contact, products; all at once or nothing. Going back keeps what was typed. */
export default function NewCustomerPage() {
  const say = useText()
  const go = useGo()
  const at = useAddress()
  const actor = useActor()
  const { types } = useLoaded(catalogue)
  const { business } = actor
  const form = useForm<Values, z.infer<typeof customersApi.createCustomer.reply>>({
    initial: {
      profile: { company: '', address: '', city: '', state: '', postalCode: '', country: likelyCountry(navigator.language, business.locale), industry: '', sizeEndpoints: null, phone: '' },
      account: { accountId: '', timeZone: business.timeZone, locale: business.locale },
      contact: { firstName: '', lastName: '', email: '', phone: '', locale: business.locale },
      tags: [],
      products: [],
    },
    shape,
    submit: (body, intent) => api(customersApi.createCustomer).call({ body }, { intent }),
    onDone: ({ customer }) => {
      toast({ key: 'customers.created', values: { customer: customer.company } })
      void go(paths.customer({ customerId: customer.id }), { replace: true })
    },
  })
  useProposedAccountId(form.values.profile.company, form.values.account.accountId, (id) => form.set('account.accountId', id))

  // What the server refuses may belong to an earlier step: go there, where its field is.
  const refused = form.problem instanceof Problem ? (form.problem.code === 'customer.account-id-taken' ? 'account.accountId' : form.problem.fields[0]?.path) : undefined
  useEffect(() => {
    if (refused?.startsWith('profile')) void go('?step=1')
    else if (refused?.startsWith('account') || refused?.startsWith('contact')) void go('?step=2')
    // oxlint-disable-next-line react-hooks/exhaustive-deps -- only a new refusal
  }, [form.problem])

  const mayAdd = actor.can('product.create')
  return (
    <Page title="customers.new" crumbs={[{ label: 'customers.title', to: paths.customers() }]} narrow>
      <Wizard
        form={form}
        action={form.values.products.length > 0 ? { key: 'customers.wizard.create-with', values: { count: form.values.products.length } } : 'customers.wizard.create'}
        cancel={<Link className={buttonClass('quiet')} to={paths.customers()}>{say('kit.cancel')}</Link>}
        steps={[
          { title: 'customers.wizard.company', fields: ['profile'], content: <CompanyFields /> },
          {
            title: 'customers.wizard.account',
            fields: ['account', 'contact'],
            content: (
              <>
                <FieldGroup title="customers.wizard.account.title"><AccountFields /></FieldGroup>
                <FieldGroup title="customers.wizard.contact.title" about="customers.wizard.contact.about"><ContactFields prefix="contact." /></FieldGroup>
              </>
            ),
          },
          {
            title: mayAdd ? 'customers.wizard.products' : 'customers.wizard.review',
            fields: ['products', 'tags'],
            content: (
              <>
                {mayAdd && <ProductRows types={types} />}
                <TagFields suggestions={[]} />
                <Review values={form.values} />
              </>
            ),
          },
        ]}
      />
      {at.search['step'] === undefined && <p className="sr-only">{say('customers.wizard.about')}</p>}
    </Page>
  )
}

/** Follows the company's name until the person writes an id of their own. */
function useProposedAccountId(company: string, accountId: string, set: (id: string) => void): void {
  const last = useRef('')
  useEffect(() => {
    if (accountId !== last.current) return
    const next = proposeAccountId(company)
    last.current = next
    if (next !== accountId) set(next)
    // oxlint-disable-next-line react-hooks/exhaustive-deps -- only the name leads
  }, [company])
}
