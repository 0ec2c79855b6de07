import { ContactInput, customersApi, type Contact } from '@vigie/domain/customers'
import { useState } from 'react'
import {
  Button,
  columns,
  confirm,
  DataTable,
  Dialog,
  Empty,
  Form,
  nameOf,
  toast,
  useAction,
  useActor,
  useForm,
  useLoaded,
  useText,
  type Action,
} from '../kit/index.ts'
import { contactsOf } from './contacts.ts'
import { ContactFields } from './fields.tsx'

const column = columns<Contact>('customers.contact')
const shown = [
  column.cell('name', nameOf, { main: true, width: 220 }),
  column.cell('email', (contact) => <a href={`mailto:${contact.email}`}>{contact.email}</a>),
  column.text('phone', undefined, { width: 180 }),
  column.cell('locale', (contact) => <LocaleWord locale={contact.locale} />, { width: 120 }),
]
function LocaleWord({ locale }: { locale: string }) {
  return <>{useText()(`locale.${locale}`)}</>
}

/** CUS-4: who at the customer gets mails and reports. Not logins. */
export function ContactsTab({ customerId, locale }: { customerId: string; locale: Contact['locale'] }) {
  const say = useText()
  const mayChange = useActor().can('customer.update')
  const { rows } = useLoaded(contactsOf(customerId))
  const removing = useAction(customersApi.deleteContact)
  const [edited, setEdited] = useState<Contact | 'new' | null>(null)
  const remove = (contact: Contact) => {
    const name = nameOf(contact)
    confirm({
      title: { key: 'customers.contact.remove.title', values: { name } },
      consequence: 'customers.contact.remove.consequence',
      action: 'customers.contact.remove',
      isDangerous: true,
      run: () =>
        removing
          .run({ params: { customerId, contactId: contact.id } })
          .then(() => toast({ key: 'customers.contact.removed', values: { name } })),
    })
  }
  const actions = (contact: Contact): Action[] =>
    !mayChange
      ? []
      : [
          { label: 'customers.contact.edit', icon: 'edit', onSelect: () => setEdited(contact) },
          { label: 'customers.contact.remove', icon: 'trash', isDangerous: true, onSelect: () => remove(contact) },
        ]
  const add = mayChange && (
    <Button icon="plus" onClick={() => setEdited('new')}>
      {say('customers.contact.add')}
    </Button>
  )
  return (
    <>
      <DataTable
        name="customers.contacts"
        rows={rows}
        columns={shown}
        actions={actions}
        tools={rows.length > 0 && add}
        empty={<Empty icon="user" title="customers.contacts.none" about="customers.contacts.none.about" action={add} />}
      />
      {edited !== null && (
        <ContactDialog customerId={customerId} contact={edited === 'new' ? null : edited} locale={locale} close={() => setEdited(null)} />
      )}
    </>
  )
}

function ContactDialog({
  customerId,
  contact,
  locale,
  close,
}: {
  customerId: string
  contact: Contact | null
  locale: Contact['locale']
  close(): void
}) {
  const say = useText()
  const adding = useAction(customersApi.createContact)
  const changing = useAction(customersApi.updateContact)
  const form = useForm({
    initial:
      contact === null
        ? { firstName: '', lastName: '', email: '', phone: '', locale }
        : { firstName: contact.firstName, lastName: contact.lastName, email: contact.email, phone: contact.phone, locale: contact.locale },
    shape: ContactInput,
    submit: (body, intent) =>
      contact === null
        ? adding.run({ params: { customerId }, body }, { intent })
        : changing.run({ params: { customerId, contactId: contact.id }, body }, { version: contact.version }),
    onDone: () => {
      toast('kit.saved')
      close()
    },
  })
  return (
    <Dialog
      title={say(contact === null ? 'customers.contact.add' : 'customers.contact.edit')}
      closeLabel={say('kit.close')}
      onClose={close}
      size={560}
    >
      <Form
        form={form}
        unguarded
        action={contact === null ? 'customers.contact.add' : 'kit.save'}
        onlyWhenDirty={contact !== null}
        secondary={<Button onClick={close}>{say('kit.cancel')}</Button>}
      >
        <ContactFields />
      </Form>
    </Dialog>
  )
}
