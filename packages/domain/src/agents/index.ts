export * from './canonical.ts'
export * from './protocol.ts'
