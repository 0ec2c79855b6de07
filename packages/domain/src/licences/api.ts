import * as z from 'zod'
import { CustomerId, defineRoute, listQuery, listReply, oneOrMore, ProductId } from '../kernel/index.ts'
import { Licence, licenceKinds, licenceStates } from './shapes.ts'

const licenceQuery = listQuery(['expiresAt', 'company', 'seats', 'seatsUsed'], {
  customerId: CustomerId.optional(),
  productId: ProductId.optional(),
  typeId: z.string().max(40).optional(),
  state: oneOrMore(licenceStates).optional(),
  kind: oneOrMore(licenceKinds).optional(),
  /** More seats in use than it has. */
  isOver: z.stringbool().optional(),
})
/** Licences as products report them, one a product, the one that is over first at the top. Without those of customers who do not consent to `view-licences`. */
export const listLicences = defineRoute({
  id: 'licences.list',
  method: 'GET',
  path: '/v1/licences',
  permission: 'product.read',
  query: licenceQuery,
  reply: listReply(Licence),
  problems: ['consent.missing'],
})
/** All that match, as a file. */
export const exportLicences = defineRoute({
  id: 'licences.export',
  method: 'GET',
  path: '/v1/licences.csv',
  permission: 'product.read',
  query: licenceQuery,
  reply: z.string(),
  problems: ['consent.missing'],
  produces: 'text/csv',
})
