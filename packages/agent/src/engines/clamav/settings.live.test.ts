import { spawn } from 'node:child_process'
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { SettingValue } from '@vigie/domain/agents'
import type { Agent } from '../../cli/agent.ts'
import { enrolled, newStateFolder, remove, started } from '../../testing/in-process.ts'
import { Peer } from '../../testing/peer.ts'
import { eicar, Lab, whyNot } from './testing/lab.ts'

let peer: Peer
let lab: Lab
let agent: Agent | null
let stateFolder: string
let agentId: string
let number: number

const start = async () => {
  const before = peer.of('endpoint').length
  agent = await started(stateFolder, {}, { clamdConf: lab.conf, scanPaths: [lab.path('files')], freshclamConf: lab.path('freshclam.conf') })
  await peer.until(
    () =>
      peer
        .of('endpoint')
        .slice(before)
        .some((item) => item.engine?.engineVersion),
    'engine told',
  )
}
async function command(type: string, params?: Record<string, unknown>): Promise<Record<string, unknown>> {
  const frame = peer.order(agentId, ++number, type as never, params ? { params } : {})
  peer.send(frame)
  const outcome = () => peer.of('outcome').find((item) => item.commandId === frame.order.commandId && item.step !== 'running')
  await peer.until(() => outcome() !== undefined, `outcome of ${type}`, 60_000)
  return { step: outcome()!.step, ...outcome()!.evidence }
}
const apply = (revision: number, values: Record<string, SettingValue>) => command('apply-settings', { revision, values })
const told = () => peer.of('endpoint').at(-1)!.settings!
const isDenied = (path: string) =>
  readFile(path).then(
    () => false,
    () => true,
  )

/** clamonacc with the settings file of a former life of this agent. */
async function anOrphan(): Promise<{ gone: Promise<unknown> }> {
  const conf = (await readdir(stateFolder, { recursive: true })).find((path) => path.endsWith('on-access/clamonacc.conf'))
  const child = spawn('/usr/sbin/clamonacc', [`--config-file=${join(stateFolder, conf!)}`, '--foreground', '--fdpass'], { stdio: 'ignore' })
  const gone = new Promise((resolve) => child.once('exit', resolve))
  await new Promise((resolve) => child.once('spawn', resolve))
  return { gone }
}

describe.skipIf(whyNot() !== null)('settings at a real ClamAV (AGT-4)', () => {
  beforeEach(async () => {
    peer = await Peer.start()
    lab = await Lab.make()
    await lab.writeFreshclamConf('http://127.0.0.1:9')
    await lab.startClamd()
    stateFolder = await newStateFolder()
    agentId = await enrolled(peer, stateFolder)
    number = 0
    await start()
  })
  afterEach(async () => {
    await agent?.stop()
    agent = null
    const { faults } = peer
    await peer.close()
    await lab.close()
    await remove(stateFolder)
    expect(faults).toEqual([])
  })

  it('tells what it has before anybody ordered anything, revision 0', () => {
    expect(told()).toMatchObject({
      revision: 0,
      values: { 'real-time-scan.enabled': false, 'manual-scan.paths': [lab.path('files')], 'manual-scan.action': 'quarantine' },
    })
  })

  it('real-time scan: on without a restart, kept over one, off again; the engine blocks and lets through accordingly', async () => {
    const files = [lab.path('files')]
    const on = { 'real-time-scan.enabled': true, 'real-time-scan.paths': files, 'real-time-scan.action': 'block' }
    expect(await apply(3, on)).toMatchObject({ step: 'succeeded', revision: 3, realTimeScan: 'on' })
    await peer.until(() => told().revision === 3 && told().values['real-time-scan.enabled'] === true, 'revision 3 told')
    const virus = lab.path('files/virus.com')
    await writeFile(virus, eicar)
    await expect.poll(() => isDenied(virus), { timeout: 15_000 }).toBe(true)
    await agent!.stop()
    // as a kill just after its start leaves it: running, and its number written nowhere (R15)
    const orphan = await anOrphan()
    await start()
    await orphan.gone
    await peer.until(() => told().revision === 3 && told().values['real-time-scan.enabled'] === true, 'kept over the restart')
    await expect.poll(() => isDenied(virus), { timeout: 15_000 }).toBe(true)
    expect(await apply(4, { 'real-time-scan.enabled': false })).toMatchObject({ step: 'succeeded', realTimeScan: 'off' })
    expect(await isDenied(virus)).toBe(false)
    await agent!.stop()
    const unwanted = await anOrphan()
    await start()
    await unwanted.gone
    await peer.until(() => told().values['real-time-scan.enabled'] === false, 'off over the restart')
  }, 120_000)

  it('manual scan: excluded folders are left alone; “report” leaves what it finds in its place, and it stays an infection', async () => {
    expect(await apply(1, { 'manual-scan.action': 'report', 'exclusions.paths': [lab.path('files/left')] })).toMatchObject({
      step: 'succeeded',
    })
    await mkdir(lab.path('files/left'))
    await writeFile(lab.path('files/left/virus.com'), eicar)
    await writeFile(lab.path('files/found.com'), eicar)
    expect(await command('scan-now')).toMatchObject({ step: 'succeeded', threatsFound: 1, quarantined: 0, notQuarantined: 1 })
    expect(await isDenied(lab.path('files/found.com'))).toBe(false)
    expect(agent!.status().infections).toBe(1)
    expect(await apply(2, {})).toMatchObject({ step: 'succeeded', revision: 2 })
    await peer.until(() => told().revision === 2 && told().values['manual-scan.action'] === 'quarantine', 'the machine’s own again')
    expect(await command('scan-now')).toMatchObject({ step: 'succeeded', quarantined: 2 }) // nothing is excluded any more
  }, 120_000)

  it('what is not valid changes nothing, though it was signed (R14)', async () => {
    expect(await apply(5, { 'exclusions.paths': ['/srv\nOnAccessPrevention no'] })).toMatchObject({
      step: 'failed',
      reason: 'settings-wrong',
      setting: 'exclusions.paths.0',
    })
    expect(await apply(6, { 'manual-scan.paths': [] })).toMatchObject({ step: 'failed', reason: 'settings-wrong' })
    expect(await command('apply-settings', { revision: 0, values: {} })).toMatchObject({ step: 'failed', reason: 'params-wrong' })
    expect(await command('apply-settings')).toMatchObject({ step: 'failed', reason: 'params-wrong' })
    expect(told().revision).toBe(0)
  })

  it('what only a newer server knows is left out, the rest is done (R19)', async () => {
    expect(await apply(1, { 'of-a-newer-server.enabled': true, 'update-schedule.every-hours': 9 })).toMatchObject({ step: 'succeeded' })
    await peer.until(() => told().values['update-schedule.every-hours'] === 9, 'told')
    expect(told().values).not.toHaveProperty('of-a-newer-server.enabled')
  })
})
