// Only for sender.test.ts: a sender in a process of its own, which the test kills.
import { createDatabase, createLog, createPool, createVault, systemClock, type Services } from '../platform/index.ts'
import { createSender } from './sender.ts'

const url = process.env['CHILD_DATABASE']!
const pool = (role: 'vigie_app' | null) => createPool({ url, max: 3, role, onIdleError: () => {} })
const services = {
  database: createDatabase(pool('vigie_app'), pool(null)),
  vault: createVault(Buffer.alloc(32)),
  clock: systemClock,
  log: createLog('silent'),
  publicUrl: 'http://127.0.0.1:8080',
} as unknown as Services
createSender(services, { smtpUrl: process.env['CHILD_SMTP']!, everyMs: 20, leaseMs: Number(process.env['CHILD_LEASE_MS']) }).start()
process.send!('started')
