import * as z from 'zod'
import { CustomerId, defineRoute, EndpointId, listQuery, listReply, ProductId } from '../kernel/index.ts'
import { families } from '../products/index.ts'
import { SettingsAt, SettingTarget, Template, TemplateEffect, TemplateId, TemplateInput, TemplateVersion, ValuesInput } from './shapes.ts'

const productParams = z.strictObject({ productId: ProductId })
const customerParams = z.strictObject({ customerId: CustomerId })
const ofGroup = z.strictObject({ group: z.string().max(80).optional() })
/**
 * Only the keys that are named change. `confirmWeaker`: the person was told what gets weaker (R16); without it a change that weakens is refused with the list
 * (`setting.weakens`).
 */
const changeBody = z.strictObject({ values: ValuesInput, confirmWeaker: z.boolean().default(false) })
const changeProblems = [
  'request.changed-meanwhile',
  'request.precondition-missing',
  'request.invalid',
  'setting.weakens',
  'setting.not-supported',
  'consent.missing',
  'command.needs-second-person',
] as const

/** PRD-4, AGT-4: what is wanted, what is reported, where it comes from. Of a group: `group`. */
export const getProductSettings = defineRoute({
  id: 'settings.get',
  method: 'GET',
  path: '/v1/products/:productId/settings',
  permission: 'setting.read',
  params: productParams,
  query: ofGroup,
  reply: SettingsAt,
  problems: ['product.not-found', 'group.not-found'],
})
export const changeProductSettings = defineRoute({
  id: 'settings.change',
  method: 'PATCH',
  path: '/v1/products/:productId/settings',
  permission: 'setting.update',
  params: productParams,
  query: ofGroup,
  body: changeBody,
  reply: SettingsAt,
  problems: ['product.not-found', 'group.not-found', ...changeProblems],
})
/** What every product of the customer inherits. */
export const getCustomerSettings = defineRoute({
  id: 'settings.of-customer',
  method: 'GET',
  path: '/v1/customers/:customerId/settings',
  permission: 'setting.read',
  params: customerParams,
  reply: SettingsAt,
  problems: ['customer.not-found'],
})
export const changeCustomerSettings = defineRoute({
  id: 'settings.change-customer',
  method: 'PATCH',
  path: '/v1/customers/:customerId/settings',
  permission: 'setting.update',
  params: customerParams,
  body: changeBody,
  reply: SettingsAt,
  problems: ['customer.not-found', ...changeProblems],
})
/** Drift, first way out: gives every endpoint of the product that reports something else the order again. */
export const putBackSettings = defineRoute({
  id: 'settings.put-back',
  method: 'POST',
  path: '/v1/products/:productId/settings/put-back',
  permission: 'setting.update',
  params: productParams,
  body: z.strictObject({ endpointIds: z.array(EndpointId).min(1).max(1_000).optional() }),
  reply: z.object({ endpoints: z.number().int() }),
  problems: ['product.not-found', 'endpoint.not-found', 'setting.nothing-drifted', 'consent.missing', 'command.needs-second-person'],
})
/** Drift, second way out: what this endpoint reports becomes what is wanted of its product (of its group, where the group sets it). */
export const takeOverSettings = defineRoute({
  id: 'settings.take-over',
  method: 'POST',
  path: '/v1/products/:productId/settings/take-over',
  permission: 'setting.update',
  params: productParams,
  body: z.strictObject({
    endpointId: EndpointId,
    keys: z.array(z.string().max(60)).min(1).max(100),
    confirmWeaker: z.boolean().default(false),
  }),
  reply: SettingsAt,
  problems: [
    'product.not-found',
    'endpoint.not-found',
    'setting.nothing-drifted',
    'setting.weakens',
    'setting.not-supported',
    'consent.missing',
    'command.needs-second-person',
  ],
})

const templateParams = z.strictObject({ templateId: TemplateId })
export const listTemplates = defineRoute({
  id: 'templates.list',
  method: 'GET',
  path: '/v1/templates',
  permission: 'template.read',
  query: listQuery(['name'], { family: z.enum(families).optional() }),
  reply: listReply(Template),
  problems: [],
})
export const getTemplate = defineRoute({
  id: 'templates.get',
  method: 'GET',
  path: '/v1/templates/:templateId',
  permission: 'template.read',
  params: templateParams,
  reply: Template,
  problems: ['template.not-found'],
})
export const createTemplate = defineRoute({
  id: 'templates.create',
  method: 'POST',
  path: '/v1/templates',
  permission: 'template.update',
  body: TemplateInput,
  reply: Template,
  problems: ['template.name-taken', 'template.too-many', 'request.invalid'],
})
/** Every save is a version; `If-Match` names the one that was read. What follows the template keeps its version until the template is applied anew. */
export const saveTemplate = defineRoute({
  id: 'templates.save',
  method: 'PUT',
  path: '/v1/templates/:templateId',
  permission: 'template.update',
  params: templateParams,
  body: TemplateInput,
  reply: Template,
  problems: [
    'template.not-found',
    'template.built-in',
    'template.name-taken',
    'template.too-many',
    'request.changed-meanwhile',
    'request.precondition-missing',
    'request.invalid',
  ],
})
export const deleteTemplate = defineRoute({
  id: 'templates.delete',
  method: 'DELETE',
  path: '/v1/templates/:templateId',
  permission: 'template.update',
  params: templateParams,
  reply: z.null(),
  problems: ['template.not-found', 'template.built-in', 'template.in-use'],
})
/** Newest first; two of them compared show what a save changed. */
export const listTemplateVersions = defineRoute({
  id: 'templates.versions',
  method: 'GET',
  path: '/v1/templates/:templateId/versions',
  permission: 'template.read',
  params: templateParams,
  reply: z.object({ rows: z.array(TemplateVersion) }),
  problems: ['template.not-found'],
})
const targets = z.array(SettingTarget).min(1).max(100)
/** ADM-3: what applying would change, place by place; changes nothing. */
export const previewTemplate = defineRoute({
  id: 'templates.preview',
  method: 'POST',
  path: '/v1/templates/:templateId/preview',
  permission: 'template.read',
  params: templateParams,
  body: z.strictObject({ targets }),
  unaudited: true,
  reply: z.object({ version: z.number().int(), effects: z.array(TemplateEffect) }),
  problems: ['template.not-found', 'customer.not-found', 'product.not-found', 'group.not-found'],
})
/** All places or none; one record in the audit log for each customer. `version`: the one whose difference was shown. */
export const applyTemplate = defineRoute({
  id: 'templates.apply',
  method: 'POST',
  path: '/v1/templates/:templateId/apply',
  permission: 'setting.update',
  params: templateParams,
  body: z.strictObject({ targets, version: z.number().int(), confirmWeaker: z.boolean().default(false) }),
  reply: z.object({ effects: z.array(TemplateEffect) }),
  problems: [
    'template.not-found',
    'customer.not-found',
    'product.not-found',
    'group.not-found',
    'template.does-not-fit',
    'request.changed-meanwhile',
    'setting.weakens',
    'consent.missing',
    'command.needs-second-person',
  ],
})
