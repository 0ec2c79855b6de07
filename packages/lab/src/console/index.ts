export { ApiRefused, ConsoleClient, provision } from './client.ts'
