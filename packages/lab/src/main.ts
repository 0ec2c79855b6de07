import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import {
  calmMix,
  fetchCa,
  type Fleet,
  infectedMix,
  keepIdentity,
  type LabServer,
  readIdentity,
  settingsModes,
  startFleet,
} from './agents/index.ts'
import { ConsoleClient, provision } from './console/index.ts'

const usage = `node packages/lab/src/main.ts --server https://HOST:8443 (--ca FILE | --ca-fingerprint HEX) --agents N [who] [load]

Simulated agents, in this one process, that speak the real protocol. Everything they send says that it is simulated.

who (one of)
  --identities FILE      ready identities, one a line; written at the end, made first when the file is not there
  --enrolments FILE      lines "GUID KEY"
  --console URL --email E --password-file F
                         makes customers and products over the API and enrols (installation must be set up)
load
  --seconds S            how long to send; absent: hold the connections until Ctrl-C
  --rate R               detections a second over all agents; absent: as fast as acknowledgements come
  --batch N              detections a batch; 250
  --mix calm|infected    infected: one detection in twenty stays where it was
  --duplicates R --out-of-order R     parts of the batches, 0 to 1; 0.02 and 0.01
  --reconnects N         break and bring back N agents a second, half of them without a goodbye
  --clones N             start N copies of running agents
  --answers succeed|fail|silent       how the simulated engines take commands
  --settings obeys|drifts|refuses|slow|knows-none       how they take settings
  --series NAME          names the machines; "a"`

const { values } = parseArgs({
  options: {
    server: { type: 'string' },
    ca: { type: 'string' },
    'ca-fingerprint': { type: 'string' },
    agents: { type: 'string', default: '100' },
    identities: { type: 'string' },
    enrolments: { type: 'string' },
    console: { type: 'string' },
    email: { type: 'string' },
    'password-file': { type: 'string' },
    seconds: { type: 'string' },
    rate: { type: 'string' },
    batch: { type: 'string' },
    mix: { type: 'string', default: 'calm' },
    duplicates: { type: 'string' },
    'out-of-order': { type: 'string' },
    reconnects: { type: 'string', default: '0' },
    clones: { type: 'string', default: '0' },
    answers: { type: 'string', default: 'succeed' },
    settings: { type: 'string', default: 'obeys' },
    series: { type: 'string', default: 'a' },
    help: { type: 'boolean' },
  },
})
const number = (text: string | undefined) => (text === undefined ? undefined : Number(text))
const agentCount = Number(values.agents)

async function trusted(): Promise<LabServer> {
  if (!values.server) throw new Error('--server is missing')
  if (values.ca) return { url: values.server, ca: readFileSync(values.ca, 'utf8') }
  if (values['ca-fingerprint']) return { url: values.server, ca: await fetchCa(values.server, values['ca-fingerprint']) }
  throw new Error('--ca or --ca-fingerprint is missing')
}

async function people() {
  if (values.identities && existsSync(values.identities))
    return readFileSync(values.identities, 'utf8').trim().split('\n').slice(0, agentCount).map(readIdentity)
  if (values.enrolments) {
    const pairs = readFileSync(values.enrolments, 'utf8').trim().split('\n').slice(0, agentCount)
    return pairs.map((line) => ({ guid: line.split(/\s+/)[0]!, key: line.split(/\s+/)[1]! }))
  }
  if (!values.console || !values.email || !values['password-file'])
    throw new Error('say who the agents are: --identities, --enrolments, or --console with --email and --password-file')
  const client = new ConsoleClient(values.console)
  await client.signIn(values.email, readFileSync(values['password-file'], 'utf8').trim())
  console.error(`making ${agentCount} products ...`)
  return provision(client, { agents: agentCount, series: values.series })
}

async function main(): Promise<void> {
  if (values.help) return console.log(usage)
  const answers = values.answers as 'succeed' | 'fail' | 'silent'
  const fleet = await startFleet({
    server: await trusted(),
    agents: await people(),
    series: values.series,
    engine: { answers, workMs: 500, settings: settingsModes.find((mode) => mode === values.settings) ?? 'obeys' },
  })
  const line = setInterval(
    () => console.error(JSON.stringify({ ...fleet.stats(), rssMiB: Math.round(process.memoryUsage().rss / 1_048_576) })),
    2_000,
  )
  const stirring = stir(fleet, Number(values.reconnects))
  for (const agent of fleet.agents.slice(0, Number(values.clones))) await fleet.clone(agent)
  const mix = values.mix === 'infected' ? infectedMix : calmMix
  if (values.seconds === undefined) await new Promise<void>((resolve) => process.once('SIGINT', () => resolve()))
  else {
    const load = {
      seconds: Number(values.seconds),
      perSecond: number(values.rate),
      batch: number(values.batch),
      mix,
      duplicates: number(values.duplicates),
      outOfOrder: number(values['out-of-order']),
    }
    console.log(JSON.stringify(await fleet.sendDetections(load)))
  }
  clearInterval(line)
  clearInterval(stirring)
  await fleet.drained()
  if (values.identities) writeFileSync(values.identities, `${fleet.identities().map(keepIdentity).join('\n')}\n`, { mode: 0o600 })
  console.log(JSON.stringify(fleet.stats()))
  await fleet.stop()
}

/** Breaks and brings back agents in turn, every second crash a goodbye. */
function stir(fleet: Fleet, perSecond: number): NodeJS.Timeout | undefined {
  if (perSecond <= 0) return undefined
  let turn = 0
  return setInterval(() => {
    const agent = fleet.agents[turn % fleet.agents.length]!
    fleet.reconnect([agent], turn++ % 2 === 0 ? 'kill' : 'bye').catch((error: unknown) => console.error(String(error)))
  }, 1000 / perSecond)
}

try {
  await main()
} catch (error) {
  console.error(error instanceof Error ? `lab: ${error.message}` : error)
  process.exitCode = 1
}
