import { ContactInput, CompanyProfile, CustomerAccount, customersApi, Tag } from '@vigie/domain/customers'
import { NewProduct, productsApi } from '@vigie/domain/products'
import { Problem } from '@vigie/domain/kernel'
import { settingsApi } from '@vigie/domain/settings'
import { useEffect, useRef, useState } from 'react'
import * as z from 'zod'
import {
  api,
  Button,
  buttonClass,
  ChoiceField,
  FieldGroup,
  Link,
  load,
  Notice,
  Page,
  paths,
  query,
  SelectField,
  toast,
  useActor,
  useAddress,
  useForm,
  useGo,
  useLoaded,
  useQuietly,
  useText,
  Wizard,
} from '../kit/index.ts'
import { likelyCountry, proposeAccountId } from './defaults.ts'
import { clearDraft, readDraft, writeDraft } from './draft.ts'
import { AccountFields, CompanyFields, ContactFields, TagFields } from './fields.tsx'
import { tagsInUse } from './tags.ts'
import css from './customers.module.css'
import { ProductRows } from './ProductRows.tsx'
import { Review } from './Review.tsx'

const catalogue = query(productsApi.getCatalogue).with({})
const allTemplates = query(settingsApi.listTemplates).with({})
export const loader = load(catalogue)

const shape = z.object({
  /** CUS-1: with product servers of its own to connect, or with a licence account whose products come later. */
  kind: z.enum(['servers', 'licences']),
  profile: CompanyProfile,
  account: CustomerAccount,
  contact: ContactInput,
  tags: z.array(Tag).max(20),
  products: z.array(NewProduct.extend({ typeId: NewProduct.shape.typeId.min(1) })).max(20),
  /** ADM-3; empty: none, machines keep what they have. */
  templateId: z.string(),
})
type Values = z.input<typeof shape>

/** CUS-1: company, account and contact, products; all at once or nothing. Going back, or away, keeps what was typed. */
export default function NewCustomerPage() {
  const say = useText()
  const go = useGo()
  const at = useAddress()
  const actor = useActor()
  const { types } = useLoaded(catalogue)
  const { business } = actor
  const empty: Values = {
    kind: 'servers',
    profile: {
      company: '',
      address: '',
      city: '',
      state: '',
      postalCode: '',
      country: likelyCountry(navigator.language, business.locale),
      industry: '',
      sizeEndpoints: null,
      phone: '',
    },
    account: { accountId: '', timeZone: business.timeZone, locale: business.locale },
    contact: { firstName: '', lastName: '', email: '', phone: '', locale: business.locale },
    tags: [],
    products: [],
    templateId: '',
  }
  const { id: accountId } = actor.account
  const [draft, setDraft] = useState(() => readDraft(accountId, empty))
  const form = useForm<Values, z.infer<typeof customersApi.createCustomer.reply>>({
    initial: draft ?? empty,
    shape,
    submit: ({ kind, products, templateId, ...body }, intent) =>
      api(customersApi.createCustomer).call(
        {
          body: {
            ...body,
            products: kind === 'servers' ? products : [],
            templateId: kind === 'servers' && templateId !== '' ? templateId : null,
          },
        },
        { intent },
      ),
    onDone: ({ customer }) => {
      clearDraft(accountId)
      toast({ key: 'customers.created', values: { customer: customer.company } })
      void go(paths.customerNext({ customerId: customer.id }), { replace: true })
    },
  })
  useEffect(() => {
    if (form.isDirty && !form.isReleased()) writeDraft(accountId, form.values)
    // oxlint-disable-next-line react-hooks/exhaustive-deps -- only what is typed
  }, [form.values])
  const startAnew = () => {
    clearDraft(accountId)
    setDraft(null)
    form.reset(empty)
    void go('?step=1')
  }
  useProposedAccountId(form.values.profile.company, form.values.account.accountId, draft !== null, (id) =>
    form.set('account.accountId', id),
  )

  // What the server refuses may belong to an earlier step: go there, where its field is.
  const refused =
    form.problem instanceof Problem
      ? form.problem.code === 'customer.account-id-taken'
        ? 'account.accountId'
        : form.problem.fields[0]?.path
      : undefined
  useEffect(() => {
    if (refused?.startsWith('profile')) void go('?step=1')
    else if (refused?.startsWith('account') || refused?.startsWith('contact')) void go('?step=2')
    // oxlint-disable-next-line react-hooks/exhaustive-deps -- only a new refusal
  }, [form.problem])

  const tags = useQuietly(tagsInUse)?.rows.map(({ tag }) => tag) ?? []
  const mayAdd = actor.can('product.create')
  const maySet = actor.can('setting.update') && actor.can('template.read')
  const families = form.values.products.map(({ typeId }) => types.find(({ id }) => id === typeId)?.family)
  const templates =
    useQuietly(maySet ? allTemplates : null)?.rows.filter(
      (template) => families.length === 0 || template.families.some((family) => families.includes(family)),
    ) ?? []
  const connectable = types.filter((type) => type.isConnectable)
  return (
    <Page title="customers.new" crumbs={[{ label: 'customers.title', to: paths.customers() }]} narrow>
      {draft !== null && (
        <div className={css.kept}>
          <Notice title="customers.wizard.kept" action={<Button onClick={startAnew}>{say('customers.wizard.anew')}</Button>}>
            {say('customers.wizard.kept.about')}
          </Notice>
        </div>
      )}
      <Wizard
        form={form}
        isKept
        action={
          form.values.kind === 'servers' && form.values.products.length > 0
            ? { key: 'customers.wizard.create-with', values: { count: form.values.products.length } }
            : 'customers.wizard.create'
        }
        cancel={
          <Link className={buttonClass('quiet')} to={paths.customers()}>
            {say('kit.cancel')}
          </Link>
        }
        steps={[
          { title: 'customers.wizard.company', fields: ['profile'], content: <CompanyFields /> },
          {
            title: 'customers.wizard.account',
            fields: ['account', 'contact'],
            content: (
              <>
                <FieldGroup title="customers.wizard.account.title">
                  <AccountFields />
                </FieldGroup>
                <FieldGroup title="customers.wizard.contact.title" about="customers.wizard.contact.about">
                  <ContactFields prefix="contact." />
                </FieldGroup>
              </>
            ),
          },
          {
            title: mayAdd ? 'customers.wizard.products' : 'customers.wizard.review',
            fields: ['kind', 'products', 'templateId', 'tags'],
            content: (
              <>
                {mayAdd && (
                  <FieldGroup title="customers.wizard.kind">
                    <ChoiceField
                      name="kind"
                      label="customers.wizard.kind.ask"
                      options={[
                        { value: 'servers', label: 'customers.wizard.kind.servers' },
                        { value: 'licences', label: 'customers.wizard.kind.licences' },
                      ]}
                    />
                    {form.values.kind === 'licences' && <Notice>{say('customers.wizard.kind.licences.about')}</Notice>}
                  </FieldGroup>
                )}
                {mayAdd && form.values.kind === 'servers' && <ProductRows types={connectable} />}
                {maySet && form.values.kind === 'servers' && (
                  <FieldGroup title="settings.wizard">
                    <SelectField
                      name="templateId"
                      label="settings.wizard.template"
                      help="settings.wizard.template.help"
                      options={[
                        { value: '', label: 'settings.wizard.basic' },
                        ...templates.map(({ id, name }) => ({ value: id, label: { text: name } })),
                      ]}
                    />
                  </FieldGroup>
                )}
                <TagFields suggestions={tags} />
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
function useProposedAccountId(company: string, accountId: string, isDraft: boolean, set: (id: string) => void): void {
  // a draft's own id stays as it was chosen
  const last = useRef(isDraft ? proposeAccountId(company) : '')
  useEffect(() => {
    if (accountId !== last.current) return
    const next = proposeAccountId(company)
    last.current = next
    if (next !== accountId) set(next)
    // oxlint-disable-next-line react-hooks/exhaustive-deps -- only the name leads
  }, [company])
}
