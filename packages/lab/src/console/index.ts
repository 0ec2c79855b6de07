export { ApiRefused, ConsoleClient, provision } from './client.ts'
export { totp } from './totp.ts'
