// One server process of a kill test: hears agents and assesses on the database it is given, until it is killed.
import { createAssessor } from '../../assessment/index.ts'
import { createDatabase, createLog, createPool, createVault, systemClock, type Services } from '../../platform/index.ts'
import { startAgentSide } from '../side.ts'

const [url = '', vaultKey = '', commandKey = '', port = '0'] = process.argv.slice(2)
const log = createLog(process.env['VIGIE_LOG_LEVEL'] ?? 'silent')
const onIdleError = () => {}
const database = createDatabase(
  createPool({ url, max: 8, role: 'vigie_app', onIdleError }),
  createPool({ url, max: 2, role: null, onIdleError }),
)
const services: Services = {
  database,
  log,
  clock: systemClock,
  vault: createVault(Buffer.from(vaultKey, 'hex')),
  commandKey: Buffer.from(commandKey, 'hex'),
  publicUrl: 'http://127.0.0.1',
  agentUrl: 'https://127.0.0.1',
  setupToken: null,
  caFingerprint: '',
  endLive: () => {},
  mail: { isConfigured: false, wake: () => {} },
  actorOf: async () => null,
  isSimulated: false,
}
const side = await startAgentSide({ services, port: Number(port), host: '127.0.0.1', timing: { answerMs: 500 } })
const assessor = createAssessor(services)
await assessor.start()
process.stdout.write(`${JSON.stringify({ port: side.port, ca: side.caCertificate })}\n`)
process.on('SIGTERM', () => {
  void assessor
    .stop()
    .then(() => side.close())
    .then(() => database.close())
    .then(() => process.exit(0))
})
