import { spawn, type ChildProcess } from 'node:child_process'
import { appendFile, rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { buildScript } from '../../build.ts'
import { enrolled, newStateFolder, remove } from '../testing/in-process.ts'
import { Peer } from '../testing/peer.ts'
import { saveSettings } from './settings.ts'

const kills = process.env['VIGIE_TEST_LONG'] === '1' ? 1_000 : 28

describe('killed at any moment (R15, R22, AGT-6)', () => {
  let peer: Peer
  let folder: string
  let out: string
  let script: string
  let child: ChildProcess | null = null

  beforeAll(async () => {
    out = await newStateFolder()
    script = await buildScript(out)
  })
  afterAll(() => remove(out))
  beforeEach(async () => {
    peer = await Peer.start()
    folder = await newStateFolder()
  })
  afterEach(async () => {
    child?.kill('SIGKILL')
    await peer.close()
    await remove(folder)
  })
  const start = () => {
    child = spawn(process.execPath, [script, 'run', '--state', join(folder, 'state')], { stdio: 'ignore' })
  }
  const kill = async () => {
    const gone = new Promise((resolve) => child!.once('exit', resolve))
    child!.kill('SIGKILL')
    await gone
  }
  const ctime = () => {
    const [, day, month, date, year, time] = /^(\w{3}) (\w{3}) (\d{2}) (\d{4}) (\S{8})/.exec(new Date().toString())!.map(String) as [
      string,
      string,
      string,
      string,
      string,
      string,
    ]
    return `${day} ${month} ${date.replace(/^0/, ' ')} ${time} ${year}`
  }

  it(`${kills} times: every detection arrives once, every command has one beginning and one end`, { timeout: kills * 4_000 }, async () => {
    const log = join(folder, 'clamd.log')
    await writeFile(join(folder, 'clamd.conf'), `LocalSocket ${join(folder, 'none.sock')}\nLogFile ${log}\nLogTime yes\n`)
    await writeFile(log, '')
    const agentId = await enrolled(peer, join(folder, 'state'))
    await saveSettings(join(folder, 'state'), {
      logLevel: 'error',
      engines: { clamav: { clamdConf: join(folder, 'clamd.conf'), onAccess: null } },
    })
    peer.loseAckRatio = 0.05
    let [written, number, rotated] = [0, 0, 0]
    const orders = new Set<string>()
    const write = async () => {
      const count = 1 + Math.floor(Math.random() * 12)
      const text = Array.from(
        { length: count },
        () => `${ctime()} -> /nowhere/file-${written++}: Test.Threat(44d88612fea8a8f36de82e1278abb02f:68) FOUND\n`,
      ).join('')
      // A log is written in pieces: the agent meets half lines, and dies between them.
      const cut = Math.floor(Math.random() * text.length)
      await appendFile(log, text.slice(0, cut))
      await new Promise((resolve) => setTimeout(resolve, Math.random() * 4))
      await appendFile(log, text.slice(cut))
    }
    const order = () => {
      if (peer.sockets.size === 0) return
      const frame = peer.order(agentId, ++number)
      orders.add(frame.order.commandId)
      peer.send(frame)
      peer.send(frame)
    }
    // A life goes from before it has done anything to well into its work, however slow this machine is now: the quickest of three, for one unlucky start would make all of them long.
    let lifeMs = Infinity
    for (let i = 0; i < 3; i++) {
      const [startedMs, before] = [performance.now(), peer.of('detection').length]
      start()
      await write()
      await peer.until(() => peer.of('detection').length > before, 'first detection')
      lifeMs = Math.min(lifeMs, performance.now() - startedMs)
      await kill()
    }
    for (let i = 0; i < kills; i++) {
      const hellos = peer.hellos.length
      start()
      const until = performance.now() + lifeMs * (0.3 + 1.7 * Math.random())
      while (performance.now() < until) {
        await write()
        if (Math.random() < 0.3) order()
        await new Promise((resolve) => setTimeout(resolve, Math.random() * 25))
      }
      if (i % 17 === 16) {
        await rename(log, `${log}.${++rotated}`)
        await writeFile(log, '')
      }
      await kill()
      // a machine that gets busier meanwhile would let none live long enough to be heard
      lifeMs *= peer.hellos.length > hellos ? 0.98 : 1.1
    }
    peer.loseAckRatio = 0
    start()
    const arrived = () => new Set(peer.of('detection').map(({ object }) => object))
    await peer
      .until(() => arrived().size >= written, `${written} detections`, 30_000)
      .catch((error: unknown) => {
        const missing = Array.from({ length: written }, (_, n) => `/nowhere/file-${n}`).filter((name) => !arrived().has(name))
        throw new Error(
          `${missing.length} missing: ${missing.slice(0, 20).join(' ')}; gaps ${JSON.stringify(peer.of('gap'))}; hellos ${peer.hellos.length}`,
          { cause: error },
        )
      })
    const open = () =>
      [...orders].filter((id) => {
        const steps = peer
          .of('outcome')
          .filter(({ commandId }) => commandId === id)
          .map(({ step }) => step)
        return steps.includes('running') && steps.length < 2
      })
    await peer.until(() => open().length === 0, 'every command’s end', 30_000)
    const doubled = peer.of('detection').length - arrived().size
    const steps = [...orders].map((id) =>
      peer
        .of('outcome')
        .filter(({ commandId }) => commandId === id)
        .map(({ step }) => step)
        .join(' '),
    )
    const told = new Map<string, number>()
    for (const step of steps) told.set(step, (told.get(step) ?? 0) + 1)
    process.stderr.write(
      `kill test: ${kills} kills in lives of about ${Math.round(lifeMs)} ms, ${written} detections, lost ${written - arrived().size}, doubled ${doubled}; commands ${JSON.stringify([...told])}; ${peer.hellos.length} hellos\n`,
    )
    expect([written - arrived().size, doubled, peer.of('gap').length]).toEqual([0, 0, 0])
    expect(peer.faults).toEqual([])
    // Never delivered (the process died first), done, or honestly cut short; nothing else, and nothing twice.
    const odd = [...orders]
      .map((id) => peer.of('outcome').filter(({ commandId }) => commandId === id))
      .filter((of) => !['', 'running succeeded', 'running failed'].includes(of.map(({ step }) => step).join(' ')))
    expect(odd).toEqual([])
    expect(peer.hellos.length).toBeGreaterThan(kills / 5)
  })
})
