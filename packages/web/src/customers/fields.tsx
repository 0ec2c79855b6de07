import {
  CountryField,
  FieldGroup,
  FieldRow,
  LocaleField,
  NameFields,
  NumberField,
  TagsField,
  TextField,
  TimeZoneField,
} from '../kit/index.ts'

/** The company itself; used by the wizard and by the profile tab, whose values begin alike. */
export function CompanyFields() {
  return (
    <>
      <TextField name="profile.company" label="customers.company" isRequired autoComplete="off" autoFocus />
      <TextField name="profile.address" label="customers.address" isOptional />
      <FieldRow>
        <TextField name="profile.postalCode" label="customers.postal-code" isOptional />
        <TextField name="profile.city" label="customers.city" isOptional />
      </FieldRow>
      <FieldRow>
        <TextField name="profile.state" label="customers.state" isOptional />
        <CountryField name="profile.country" label="customers.country" isRequired />
      </FieldRow>
      <FieldRow>
        <TextField name="profile.phone" label="customers.phone" type="tel" isOptional />
        <TextField name="profile.industry" label="customers.industry" isOptional />
      </FieldRow>
      <FieldRow>
        <NumberField name="profile.sizeEndpoints" label="customers.size" help="customers.size.help" isOptional min={0} max={1_000_000} />
        <span />
      </FieldRow>
    </>
  )
}

/** How we name it and speak with it. */
export function AccountFields() {
  return (
    <>
      <TextField name="account.accountId" label="customers.account-id" help="customers.account-id.help" isRequired isMono />
      <FieldRow>
        <TimeZoneField name="account.timeZone" label="customers.time-zone" isRequired />
        <LocaleField name="account.locale" label="customers.locale" isRequired />
      </FieldRow>
    </>
  )
}

export function ContactFields({ prefix = '' }: { prefix?: string }) {
  return (
    <>
      <NameFields prefix={prefix} first="customers.contact.first-name" last="customers.contact.last-name" />
      <FieldRow>
        <TextField name={`${prefix}email`} label="customers.contact.email" type="email" isRequired />
        <TextField name={`${prefix}phone`} label="customers.contact.phone" type="tel" isOptional />
      </FieldRow>
      <FieldRow>
        <LocaleField name={`${prefix}locale`} label="customers.contact.locale" isRequired />
        <span />
      </FieldRow>
    </>
  )
}

export function TagFields({ suggestions }: { suggestions: string[] }) {
  return (
    <FieldGroup title="customers.tags" about="customers.tags.about">
      <TagsField name="tags" label="customers.column.tags" isOptional help="customers.tags.help" suggestions={suggestions} />
    </FieldGroup>
  )
}
