import * as z from 'zod'

/** Every id is a UUIDv7 made by the side that creates the row (PostgreSQL 15 has no uuidv7()). */
const id = () => z.uuid()

export const PartnerId = id()
export const AccountId = id()
export const SessionId = id()
export const CustomerId = id()
export const ContactId = id()
export const ProductId = id()
export const AgentId = id()
export const EndpointId = id()
export const EventId = id()
export const CommandId = id()
export const OrderId = id()
export const DeliveryId = id()
export const AuditId = id()
export const ViewId = id()

export type PartnerId = z.infer<typeof PartnerId>
export type AccountId = z.infer<typeof AccountId>
export type SessionId = z.infer<typeof SessionId>
export type CustomerId = z.infer<typeof CustomerId>
export type ContactId = z.infer<typeof ContactId>
export type ProductId = z.infer<typeof ProductId>
export type AgentId = z.infer<typeof AgentId>
export type EndpointId = z.infer<typeof EndpointId>
export type EventId = z.infer<typeof EventId>
export type CommandId = z.infer<typeof CommandId>
export type OrderId = z.infer<typeof OrderId>

/**
 * RFC 9562 version 7: 48 bits of Unix milliseconds, then randomness. Pure: the caller brings time and 10 random bytes.
 */
export function uuidV7(unixMs: number, random: Uint8Array): string {
  const bytes = new Uint8Array(16)
  for (let i = 0; i < 6; i++) bytes[i] = Math.floor(unixMs / 2 ** (8 * (5 - i))) % 256
  bytes.set(random.subarray(0, 10), 6)
  bytes[6] = 0x70 | (bytes[6]! & 0x0f)
  bytes[8] = 0x80 | (bytes[8]! & 0x3f)
  const hex = Array.from(bytes, (b) => b.toString(16).padStart(2, '0')).join('')
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`
}
