import { spawn, type ChildProcess } from 'node:child_process'
import { mkdir, readdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import WebSocket from 'ws'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { buildScript } from '../../build.ts'
import { loadLeaving, saveLeaving } from '../core/leaving.ts'
import { openSiteAuthority } from '../core/site-certificates.ts'
import { enrolled, newStateFolder, remove, started } from '../testing/in-process.ts'
import { Peer } from '../testing/peer.ts'
import { exitCodes } from './exit-codes.ts'
import { saveSettings } from './settings.ts'

describe('an agent that is ordered to uninstall itself (AGT-3, R15)', () => {
  let peer: Peer
  let state: string
  let out: string
  let script: string
  let agentId: string
  const children = new Set<ChildProcess>()

  beforeAll(async () => {
    out = await newStateFolder()
    script = await buildScript(out)
  })
  afterAll(() => remove(out))
  beforeEach(async () => {
    peer = await Peer.start()
    peer.isForgetting = true
    state = await newStateFolder()
    agentId = await enrolled(peer, state)
    await saveSettings(state, { engines: { clamav: { onAccess: null, clamdSocket: join(state, 'none.sock') } } })
  })
  afterEach(async () => {
    await Promise.all([...children].map((child) => kill(child)))
    await peer.close()
    await remove(state)
  })

  function start(): { child: ChildProcess; ended: Promise<number | null> } {
    const child = spawn(process.execPath, [script, 'run', '--state', state], { stdio: process.env.VIGIE_TEST_LOG ? 'inherit' : 'ignore' })
    children.add(child)
    const ended = new Promise<number | null>((resolve) => child.once('exit', resolve))
    void ended.then(() => children.delete(child))
    return { child, ended }
  }
  async function kill(child: ChildProcess): Promise<void> {
    if (child.exitCode !== null || child.signalCode !== null) return
    const gone = new Promise((resolve) => child.once('exit', resolve))
    child.kill('SIGKILL')
    await gone
  }
  const stepsOf = (commandId: string) =>
    peer
      .of('outcome')
      .filter((one) => one.commandId === commandId)
      .map(({ step, evidence }) => [step, evidence['reason']].filter(Boolean).join(' '))
  const told = () => {
    const frame = peer.order(agentId, 1, 'uninstall-agent')
    peer.send(frame)
    return frame.order.commandId
  }
  const isOnline = () => peer.until(() => peer.of('endpoint').length > 0, 'online')

  it('says goodbye, and only then goes: what was quarantined stays; no outcome of its own, since the goodbye is it', async () => {
    await mkdir(join(state, 'clamav/quarantine'), { recursive: true })
    await writeFile(join(state, 'clamav/quarantine/x.quarantined'), 'x')
    const { ended } = start()
    await isOnline()
    expect(peer.of('endpoint')[0]!.commands).toContainEqual({ type: 'uninstall-agent', isSupported: true, reason: null })
    const commandId = told()
    expect(await ended).toBe(exitCodes.unregistered)
    expect([peer.byes, stepsOf(commandId), await readdir(state), await readdir(join(state, 'clamav/quarantine'))]).toEqual([
      ['uninstalled'],
      ['running'],
      ['clamav'],
      ['x.quarantined'],
    ])
    expect(peer.faults).toEqual([])
  })

  it('a goodbye that is lost on the way is said again, until the server knows it no more', async () => {
    peer.loseGoodbyes = 2
    const { ended } = start()
    await isOnline()
    told()
    expect(await ended).toBe(exitCodes.unregistered)
    expect([peer.byes, await readdir(state)]).toEqual([['uninstalled', 'uninstalled', 'uninstalled'], ['clamav']])
  })

  it('killed before the server heard it, started again: goes, once, and tells no failure', async () => {
    peer.loseGoodbyes = Infinity
    const first = start()
    await isOnline()
    const commandId = told()
    await peer.until(() => peer.byes.length > 0, 'the first goodbye')
    await kill(first.child)
    expect(await loadLeaving(state)).toMatchObject({ commandId, isTold: false })
    peer.loseGoodbyes = 0
    expect(await start().ended).toBe(exitCodes.unregistered)
    expect([peer.byes.at(-1), stepsOf(commandId), await readdir(state)]).toEqual(['uninstalled', ['running'], ['clamav']])
    expect(peer.faults).toEqual([])
  })

  it('killed while it takes itself away: the next start takes the rest, and connects no more', async () => {
    await saveLeaving(state, { format: 1, commandId: '0193e1a0-0000-7000-8000-000000000001', isTold: true })
    const before = peer.hellos.length
    expect(await start().ended).toBe(exitCodes.unregistered)
    expect([await readdir(state), peer.hellos.length]).toEqual([[], before])
  })

  it('a site server with an endpoint below it refuses, and says so before (AGT-8); nobody to launch it: the same', async () => {
    peer.isSiteServer = true
    await saveSettings(state, { site: { isOn: true, host: '127.0.0.1', port: 0 } } as never)
    const agent = await started(state, { launcher: { onWelcome: () => Promise.resolve() } })
    try {
      const isOf = (reason: string | null) => () =>
        peer.of('endpoint').some(({ commands }) => commands.some((one) => one.type === 'uninstall-agent' && one.reason === reason))
      await peer.until(isOf(null), 'it could go')
      await peer.until(() => typeof agent.status().site?.port === 'number', 'it listens')
      const { certificate } = await openSiteAuthority(state, new Date())
      const below = new WebSocket(`wss://127.0.0.1:${agent.status().site!.port}/agent/v1/channel`, { ca: certificate })
      await new Promise((resolve, reject) => below.once('open', resolve).once('error', reject))
      await peer.until(isOf('carries-endpoints'), 'it can’t go')
      const commandId = told()
      await peer.until(() => stepsOf(commandId).length > 0, 'its answer')
      expect([stepsOf(commandId), peer.byes, await loadLeaving(state)]).toEqual([['failed carries-endpoints'], [], null])
      below.terminate()
    } finally {
      await agent.stop()
    }
    const alone = await started(state)
    await peer.until(
      () =>
        peer
          .of('endpoint')
          .at(-1)!
          .commands.some((one) => one.type === 'uninstall-agent' && one.reason === 'not-supported'),
      'nobody takes it away',
    )
    await alone.stop()
  })
})
