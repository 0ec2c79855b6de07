import type { Contact, Customer } from '@vigie/domain/customers'
import type { Locale } from '@vigie/domain/kernel'

/** Columns of a customer `c`: what a list shows is kept in them, never counted. Tags and the first contact come along by their
 * indexes; the names of the business's few accounts are read once, not for each row. */
export const customerColumns = `c.id, c.company, c.address, c.city, c.state, c.postal_code, c.country, c.industry, c.size_endpoints, c.phone, c.account_id, c.time_zone, c.locale,
  c.action_required_count, c.warning_count, c.threat_action_count, c.threat_warning_count, c.system_action_count, c.system_warning_count, c.licence_action_count, c.licence_warning_count,
  c.managed_by_id, c.product_count, c.endpoint_count, c.last_seen_at, c.logo_version, c.version, c.created_at,
  array(select t.tag from customer_tag t where t.customer_id = c.id order by t.tag) as tags,
  (select json_build_object('name', vigie.person_name(k.first_name, k.last_name), 'email', k.email, 'phone', k.phone) from contact k where k.customer_id = c.id order by k.created_at, k.id limit 1) as contact,
  coalesce(c.managed_by_id, (select p.id from account p where p.is_primary)) as manager_id,
  (select jsonb_object_agg(a.id, vigie.person_name(a.first_name, a.last_name)) from account a) ->> coalesce(c.managed_by_id, (select p.id from account p where p.is_primary))::text as manager_name`

export interface CustomerRow {
  id: string
  company: string
  address: string
  city: string
  state: string
  postal_code: string
  country: string
  industry: string
  size_endpoints: number | null
  phone: string
  account_id: string
  time_zone: string
  locale: Locale
  action_required_count: number
  warning_count: number
  threat_action_count: number
  threat_warning_count: number
  system_action_count: number
  system_warning_count: number
  licence_action_count: number
  licence_warning_count: number
  managed_by_id: string | null
  manager_id: string | null
  manager_name: string | null
  product_count: number
  endpoint_count: number
  last_seen_at: Date | null
  logo_version: number | null
  version: number
  created_at: Date
  tags: string[]
  contact: Customer['contact']
}

export function toCustomer(row: CustomerRow): Customer {
  return {
    id: row.id,
    company: row.company,
    address: row.address,
    city: row.city,
    state: row.state,
    postalCode: row.postal_code,
    country: row.country,
    industry: row.industry,
    sizeEndpoints: row.size_endpoints,
    phone: row.phone,
    accountId: row.account_id,
    timeZone: row.time_zone,
    locale: row.locale,
    tags: row.tags,
    attention: { actionRequired: row.action_required_count, warning: row.warning_count },
    threat: { actionRequired: row.threat_action_count, warning: row.threat_warning_count },
    system: { actionRequired: row.system_action_count, warning: row.system_warning_count },
    licence: { actionRequired: row.licence_action_count, warning: row.licence_warning_count },
    managedBy: row.manager_id === null ? null : { id: row.manager_id, name: row.manager_name ?? '', isDefault: row.managed_by_id === null },
    productCount: row.product_count,
    endpointCount: row.endpoint_count,
    contact: row.contact,
    lastSeenAt: row.last_seen_at?.toISOString() ?? null,
    logoVersion: row.logo_version,
    createdAt: row.created_at.toISOString(),
    version: row.version,
  }
}

export const contactColumns = 'k.id, k.first_name, k.last_name, k.email, k.phone, k.locale, k.version'

export interface ContactRow {
  id: string
  first_name: string
  last_name: string
  email: string
  phone: string
  locale: Locale
  version: number
}

export const toContact = (row: ContactRow): Contact => ({
  id: row.id,
  firstName: row.first_name,
  lastName: row.last_name,
  email: row.email,
  phone: row.phone,
  locale: row.locale,
  version: row.version,
})
