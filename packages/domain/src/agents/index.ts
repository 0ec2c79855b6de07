export * from './canonical.ts'
export * from './engine-problems.ts'
export * from './install-script.ts'
export * from './protocol.ts'
