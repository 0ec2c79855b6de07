import { randomBytes } from 'node:crypto'
import { uuidV7 } from '@vigie/domain/kernel'

/** UUIDv7 of now: ids of one process sort by the time they were made. */
export const newId = (now: Date = new Date()): string => uuidV7(now.getTime(), randomBytes(10))
/** 256 random bits for links, sessions and one-use keys, base64url. */
export const newToken = (): string => randomBytes(32).toString('base64url')
