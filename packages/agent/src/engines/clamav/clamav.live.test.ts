import { spawnSync } from 'node:child_process'
import { chmod, lstat, mkdir, readdir, readFile, rename, rm, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Agent } from '../../cli/agent.ts'
import { saveSettings } from '../../cli/settings.ts'
import { askAgent } from '../../core/status.ts'
import { enrolled, newStateFolder, remove, started } from '../../testing/in-process.ts'
import { Peer } from '../../testing/peer.ts'
import type { Host } from '../../core/engine.ts'
import { ownByDefault } from './on-access.ts'
import { Quarantine } from './quarantine.ts'
import { eicar, eicarName, Lab, whyNot } from './testing/lab.ts'

let peer: Peer
let lab: Lab
let agent: Agent | null
let stateFolder: string
let agentId: string
let number: number

/** Sends a command and gives back its outcome's evidence with the step. */
async function command(type: string, timeoutMs = 30_000): Promise<Record<string, unknown>> {
  const frame = peer.order(agentId, ++number, type)
  peer.send(frame)
  const outcome = () => peer.of('outcome').find((item) => item.commandId === frame.order.commandId && item.step !== 'running')
  await peer.until(() => outcome() !== undefined, `outcome of ${type}`, timeoutMs)
  return { step: outcome()!.step, ...outcome()!.evidence }
}
const start = async (clamav: object = {}) => {
  const before = peer.hellos.length
  agent = await started(
    stateFolder,
    {},
    { clamdConf: lab.conf, scanPaths: [lab.path('files')], freshclamConf: lab.path('freshclam.conf'), ...clamav },
  )
  await peer.until(() => peer.hellos.length > before && peer.of('endpoint').some((item) => item.engine?.engineVersion), 'engine told')
}
const engine = () => peer.of('endpoint').at(-1)!.engine!
const drop = (name: string | Buffer) => writeFile(typeof name === 'string' ? lab.path(`files/${name}`) : name, eicar)
const detected = (object: string, outcome: string) =>
  peer.of('detection').some((item) => item.object === object && item.outcome === outcome)
const cleared = (object: string, how: string) => peer.of('cleared').some((item) => item.object === object && item.how === how)
const exists = (path: string) =>
  lstat(path).then(
    () => true,
    () => false,
  )

describe.skipIf(whyNot() !== null)('ClamAV for real (AGT-3, AGT-7)', () => {
  beforeEach(async () => {
    peer = await Peer.start()
    lab = await Lab.make()
    await lab.writeFreshclamConf('http://127.0.0.1:9')
    await lab.startClamd()
    stateFolder = await newStateFolder()
    agentId = await enrolled(peer, stateFolder)
    number = 0
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

  it('tells engine, pattern with its build time, and real-time scan off', async () => {
    await start()
    expect(engine()).toMatchObject({
      engine: 'clamav',
      patternVersion: '6',
      patternBuiltAt: '2021-06-23T01:34:00.000Z',
      realTimeScan: 'off',
      problem: null,
    })
    expect(engine().engineVersion).toMatch(/^1\.\d/)
    const { commands } = peer.of('endpoint').at(-1)!
    expect(commands.find(({ type }) => type === 'scan-now')).toEqual({ type: 'scan-now', isSupported: true, reason: null })
    expect(commands.find(({ type }) => type === 'stop-scan')).toEqual({ type: 'stop-scan', isSupported: false, reason: 'no-scan-running' })
  })

  it('clamd stopped and started again: told both times', async () => {
    await start()
    await lab.stopClamd('SIGKILL')
    await peer.until(() => engine().problem === 'clamd-stopped', 'clamd-stopped told')
    expect(await command('scan-now')).toMatchObject({ step: 'failed', reason: 'clamd-stopped' })
    await lab.startClamd()
    await peer.until(() => engine().problem === null, 'clamd told as back')
  })

  it('a finding of somebody else’s clamdscan is a detection and an infection until the file is gone', async () => {
    await start()
    await drop('found.com')
    lab.clamdscan('--fdpass', lab.path('files'))
    await peer.until(() => detected(lab.path('files/found.com'), 'failed'), 'detection')
    await rm(lab.path('files/found.com'))
    await peer.until(() => cleared(lab.path('files/found.com'), 'gone'), 'cleared', 20_000)
    expect(peer.of('detection')).toHaveLength(1)
  })

  it('an infected file that is replaced by a clean one is an infection no more', async () => {
    await start()
    await drop('mended.com')
    lab.clamdscan(lab.path('files'))
    await peer.until(() => detected(lab.path('files/mended.com'), 'failed'), 'detection')
    await writeFile(lab.path('files/mended.com'), 'clean now')
    await peer.until(() => cleared(lab.path('files/mended.com'), 'cleaned'), 'cleared', 20_000)
  })

  it('a stream that a mail filter asked about is told, and is no infection', async () => {
    await start()
    await drop('stream.com')
    lab.clamdscan('--stream', lab.path('files/stream.com'))
    await peer.until(() => detected('stream', 'reported'), 'detection')
    expect(agent!.status().infections).toBe(0)
  })

  it('scan now quarantines what it finds and shows it: figures, one detection each, index with the place it came from', async () => {
    await start()
    await mkdir(lab.path('files/sub'))
    for (const name of ['a.com', 'sub/b.com']) await drop(name)
    for (let i = 0; i < 20; i++) await writeFile(lab.path(`files/clean-${i}`), `clean ${i}`)
    const outcome = await command('scan-now')
    expect(outcome).toMatchObject({
      step: 'succeeded',
      filesScanned: 22,
      threatsFound: 2,
      quarantined: 2,
      notQuarantined: 0,
      unreadable: 0,
      patternVersion: '6',
    })
    expect(outcome.scannedAt).toMatch(/^20/)
    expect(await exists(lab.path('files/a.com'))).toBe(false)
    expect(
      peer
        .of('detection')
        .map(({ object, outcome: how, threat }) => [object, how, threat])
        .sort(),
    ).toEqual([
      [lab.path('files/a.com'), 'quarantined', eicarName],
      [lab.path('files/sub/b.com'), 'quarantined', eicarName],
    ])
    const folder = join(stateFolder, 'clamav', 'quarantine')
    const kept = (await readdir(folder)).filter((name) => name.endsWith('.quarantined'))
    expect(kept).toHaveLength(2)
    expect(await readFile(join(folder, kept[0]!), 'utf8')).toBe(eicar)
    expect((await lstat(join(folder, kept[0]!))).mode & 0o777).toBe(0o400)
    // clamd's log names all of it once more, and once for each look after the move: told once all the same.
    lab.clamdscan('--ping', '1')
    await command('synchronise')
    expect(peer.of('detection')).toHaveLength(2)
    expect(engine().scan).toMatchObject({ isRunning: false, finishedAt: outcome.scannedAt })
  })

  it('a scan quarantines a known infection and clears it', async () => {
    await start()
    await drop('known.com')
    lab.clamdscan(lab.path('files'))
    await peer.until(() => detected(lab.path('files/known.com'), 'failed'), 'detection')
    expect(await command('scan-now')).toMatchObject({ step: 'succeeded', threatsFound: 1, quarantined: 1 })
    expect(cleared(lab.path('files/known.com'), 'quarantined')).toBe(true)
  })

  it('hostile names: line ends, “: ”, “ FOUND”, no UTF-8, a name that forges a log line', async () => {
    await start()
    const bytes = Buffer.concat([Buffer.from(`${lab.path('files')}/`), Buffer.from([0x63, 0xff, 0xe9])])
    await drop('odd: name FOUND')
    await drop('line\nend.com')
    await drop(bytes)
    await mkdir(lab.path('files/a\nSat Nov 21 07:21:11 2026 -> '), { recursive: true })
    await writeFile(lab.path('files/innocent'), 'innocent')
    await mkdir(`${lab.path('files')}/x\n${new Date().toString().slice(0, 10)} 07:21:11 2026 -> ${lab.path('files')}`, { recursive: true })
    await writeFile(`${lab.path('files')}/x\n${new Date().toString().slice(0, 10)} 07:21:11 2026 -> ${lab.path('files')}/innocent`, eicar)
    expect(await command('scan-now')).toMatchObject({ step: 'succeeded', threatsFound: 4, quarantined: 4 })
    const objects = peer
      .of('detection')
      .filter((item) => item.outcome === 'quarantined')
      .map(({ object }) => object)
    expect(objects).toContain(lab.path('files/odd: name FOUND'))
    expect(objects).toContain(`${lab.path('files')}/line\\x0aend.com`)
    expect(objects).toContain(`${lab.path('files')}/c\\xff\\xe9`)
    expect(await readFile(lab.path('files/innocent'), 'utf8')).toBe('innocent')
    expect(await readdir(lab.path('files'))).not.toContain('line\nend.com')
  })

  it('installed anew, it reads clamd’s log once more and tells no find twice: neither its scan’s, nor its looks, nor what it had to send because clamd may not read it (AGT-6)', async ({
    skip,
  }) => {
    await lab.stopClamd()
    await writeFile(lab.conf, (await readFile(lab.conf, 'utf8')).replace('User root', 'User clamav'))
    if (spawnSync('chown', ['-R', 'clamav', lab.folder]).status !== 0) skip('no user clamav here')
    await lab.startClamd()
    await start()
    for (const name of ['open.com', 'private.com']) await drop(name)
    await chmod(lab.path('files/private.com'), 0o600)
    expect(await command('scan-now')).toMatchObject({ step: 'succeeded', threatsFound: 2, quarantined: 2 })
    await agent!.stop()
    for (const name of ['queue', 'clamav']) await rm(join(stateFolder, name), { recursive: true }) // all that it remembers of finds
    await start()
    await peer.until(() => peer.of('detection').length >= 4, 'the log told once more')
    const names = peer.of('detection').map(({ at, contentId, object }) => `${at} ${contentId} ${object}`)
    expect([names.length, new Set(names).size]).toEqual([4, 2])
  })

  it('a file nobody may read is found all the same', async () => {
    await start()
    await drop('secret.com')
    await chmod(lab.path('files/secret.com'), 0)
    expect(await command('scan-now')).toMatchObject({ step: 'succeeded', threatsFound: 1, quarantined: 1 })
  })

  it('a file that can’t be taken away stays an infection, and the scan says so', async ({ skip }) => {
    await start()
    await drop('stuck.com')
    if (spawnSync('chattr', ['+i', lab.path('files/stuck.com')]).status !== 0) skip('no immutable files here')
    try {
      expect(await command('scan-now')).toMatchObject({ step: 'succeeded', threatsFound: 1, quarantined: 0, notQuarantined: 1 })
      expect(detected(lab.path('files/stuck.com'), 'failed')).toBe(true)
      expect(agent!.status().infections).toBe(1)
    } finally {
      spawnSync('chattr', ['-i', lab.path('files/stuck.com')])
    }
    expect(await command('scan-now')).toMatchObject({ step: 'succeeded', quarantined: 1 })
    expect(cleared(lab.path('files/stuck.com'), 'quarantined')).toBe(true)
  })

  it('stop scan ends it half way; the scan says so and how far it came', async () => {
    await start()
    await mkdir(lab.path('files/many'))
    await Promise.all(Array.from({ length: 4_000 }, (_, i) => writeFile(lab.path(`files/many/${i}`), `file ${i} `.repeat(500))))
    const scan = peer.order(agentId, ++number, 'scan-now')
    peer.send(scan)
    await peer.until(() => peer.of('endpoint').some((item) => item.engine?.scan.isRunning), 'scan running told')
    const stopped = await command('stop-scan')
    expect(stopped).toMatchObject({ step: 'succeeded', queueItems: 0 })
    await peer.until(
      () => peer.of('outcome').some((item) => item.commandId === scan.order.commandId && item.step === 'failed'),
      'scan ended',
    )
    const end = peer.of('outcome').find((item) => item.commandId === scan.order.commandId && item.step === 'failed')!
    expect(end.evidence.reason).toBe('stopped')
    expect(end.evidence.filesScanned).toBeLessThan(4_000)
    expect(await command('stop-scan')).toMatchObject({ step: 'failed', reason: 'no-scan-running' })
  })

  it('a second scan while one runs is refused by name', async () => {
    await start()
    await Promise.all(Array.from({ length: 2_000 }, (_, i) => writeFile(lab.path(`files/${i}`), `file ${i} `.repeat(500))))
    const [one, two] = await Promise.all([command('scan-now'), command('scan-now')])
    expect([one.step, two.step].sort()).toEqual(['failed', 'succeeded'])
    expect(two).toMatchObject({ reason: 'scan-running' })
  })

  describe('update components', () => {
    const files = () =>
      new Map<string, string | Buffer>([
        ['daily.cvd', 'test-6.cvd'],
        ['main.cvd', 'test-1.cvd'],
        ['bytecode.cvd', 'bytecode.cvd'],
      ])
    const mirror = async (set: Map<string, string | Buffer>) => lab.writeFreshclamConf(await lab.startMirror(set))

    it('brings a new version, and clamd itself shows it', async () => {
      await rm(lab.path('db/daily.cvd'))
      const databases = files()
      databases.set('daily.cvd', 'test-1.cvd')
      await mirror(databases)
      await start()
      await writeFile(lab.path('db/one.ndb'), `One.Test:0:*:${Buffer.from('never-in-any-file').toString('hex')}\n`)
      expect(await command('update-components', 60_000)).toMatchObject({ step: 'succeeded', patternVersion: '1', isNew: true, exitCode: 0 })
      databases.set('daily.cvd', 'test-4.cvd')
      expect(await command('update-components', 60_000)).toMatchObject({
        step: 'succeeded',
        patternVersionBefore: '1',
        patternVersion: '4',
        isNew: true,
      })
      expect(await command('update-components', 60_000)).toMatchObject({
        step: 'succeeded',
        patternVersionBefore: '4',
        patternVersion: '4',
        isNew: false,
      })
      await peer.until(() => engine().patternVersion === '4' && engine().updateCheckedAt !== null, 'told')
      expect(engine().problem).toBeNull()
    })

    it('a mirror that is down, and one that brings rubbish: failed by name, the old pattern stays', async () => {
      await start()
      expect(await command('update-components', 60_000)).toMatchObject({ step: 'failed', reason: 'mirror-unreachable' })
      await peer.until(() => engine().problem === 'update-failed', 'problem told')
      expect(engine().patternVersion).toBe('6')
      const databases = files()
      databases.set(
        'daily.cvd',
        Buffer.concat([Buffer.from('ClamAV-VDB:22 Jun 2029 21-34 -0400:99:12:90:x:y:z:1624404840'.padEnd(512)), Buffer.alloc(2_000, 7)]),
      )
      await mirror(databases)
      agent = (await agent!.stop(), null)
      await start()
      const outcome = await command('update-components', 60_000)
      expect(outcome.step).toBe('failed')
      expect(['signatures-broken', 'update-failed']).toContain(outcome.reason)
      expect(engine().patternVersion).toBe('6')
    })
  })

  describe('real-time scan', () => {
    const onAccess = (action: 'block' | 'quarantine') => start({ onAccess: { paths: [lab.path('files')], action } })
    const watching = () =>
      peer
        .until(() => engine().realTimeScan === 'on', 'real-time scan on')
        .then(async () => {
          const log = join(stateFolder, 'clamav', 'on-access', 'clamonacc.log')
          for (let i = 0; i < 100 && !(await readFile(log, 'utf8').catch(() => '')).includes('watching'); i++)
            await new Promise((resolve) => setTimeout(resolve, 50))
        })

    it('by itself watches the usual places, unless the machine has a clamonacc already (AGT-3)', async () => {
      const host = { hasProgram: async () => true } as unknown as Host
      const address = { path: lab.path('run/clamd.sock') }
      const own = await ownByDefault(host, address)
      expect(own).toMatchObject({ action: 'block', paths: expect.arrayContaining(['/root', '/tmp']) })
      await onAccess('block')
      await watching()
      expect(await ownByDefault(host, address)).toBeNull()
      expect(await ownByDefault({ hasProgram: async () => false } as unknown as Host, address)).toBeNull()
    })

    it('blocks: access denied, file still there, an infection; scan now takes it away', async () => {
      await onAccess('block')
      await watching()
      await drop('blocked.com')
      await expect(readFile(lab.path('files/blocked.com'))).rejects.toThrow(/EPERM/)
      await peer.until(() => detected(lab.path('files/blocked.com'), 'blocked'), 'blocked told')
      expect(await exists(lab.path('files/blocked.com'))).toBe(true)
      expect(await command('scan-now')).toMatchObject({ step: 'succeeded', threatsFound: 1, quarantined: 1, unreadable: 0 })
      expect(await exists(lab.path('files/blocked.com'))).toBe(false)
      expect(cleared(lab.path('files/blocked.com'), 'quarantined')).toBe(true)
      expect(peer.of('detection').filter(({ outcome }) => outcome === 'quarantined')).toHaveLength(1)
    })

    it('finds by scan what on-access scanning refuses even to clamd and to us', async () => {
      await drop('sleeping.com')
      await onAccess('block')
      await watching()
      expect(await command('scan-now')).toMatchObject({ step: 'succeeded', threatsFound: 1, quarantined: 1 })
      expect(await exists(lab.path('files/sleeping.com'))).toBe(false)
    })

    it('quarantines: the file goes, no infection remains', async () => {
      await onAccess('quarantine')
      await watching()
      await drop('moved.com')
      await readFile(lab.path('files/moved.com')).catch(() => {})
      await peer.until(() => detected(lab.path('files/moved.com'), 'quarantined'), 'quarantined told')
      expect(await exists(lab.path('files/moved.com'))).toBe(false)
      expect(agent!.status().infections).toBe(0)
      expect((await readdir(join(stateFolder, 'clamav', 'quarantine'))).filter((name) => name.endsWith('.quarantined'))).toHaveLength(1)
    })

    it('clamd dies under it: “on, not protecting”, then on again', async () => {
      await onAccess('block')
      await watching()
      await lab.stopClamd('SIGKILL')
      await peer.until(() => engine().realTimeScan === 'on-not-protecting', 'on-not-protecting told')
      await lab.startClamd()
      await peer.until(() => engine().realTimeScan === 'on', 'on told')
    })

    it('an administrator’s own clamonacc is seen, and its --move told as quarantined', async () => {
      await mkdir(lab.path('q'))
      await lab.startClamonacc(`--move=${lab.path('q')}`)
      await start()
      await peer.until(() => engine().realTimeScan === 'on', 'on told')
      await drop('theirs.com')
      await readFile(lab.path('files/theirs.com')).catch(() => {})
      await peer.until(() => detected(lab.path('files/theirs.com'), 'quarantined'), 'quarantined told')
    })

    it('settings changed while it runs: taken at once (AGT-5)', async () => {
      await start()
      expect(engine().realTimeScan).toBe('off')
      await saveSettings(stateFolder, {
        engines: { clamav: { clamdConf: lab.conf, onAccess: { paths: [lab.path('files')], action: 'block' } } },
      })
      expect(await askAgent(stateFolder, 'reload')).not.toBeNull()
      await peer.until(() => engine().realTimeScan === 'on', 'on told')
    })
  })

  it('the log rotated by rename and by copy, and lines written while the agent was away: each detection once', async () => {
    await start()
    const log = lab.path('log/clamd.log')
    const find = async (name: string) => {
      await drop(name)
      lab.clamdscan(lab.path(`files/${name}`))
    }
    await find('one.com')
    await peer.until(() => detected(lab.path('files/one.com'), 'failed'), 'one')
    await agent!.stop()
    await find('two.com')
    await rename(log, `${log}.1`)
    await lab.stopClamd()
    await lab.startClamd() // opens a new log
    await find('three.com')
    await start()
    await peer.until(
      () => detected(lab.path('files/two.com'), 'failed') && detected(lab.path('files/three.com'), 'failed'),
      'two and three',
    )
    const text = await readFile(log)
    await writeFile(`${log}.2`, text)
    await writeFile(log, '') // copytruncate
    await find('four.com')
    await peer.until(() => detected(lab.path('files/four.com'), 'failed'), 'four')
    const objects = peer.of('detection').map(({ object }) => object)
    expect([objects.length, new Set(objects).size]).toEqual([4, 4])
  })

  describe('the quarantine is not to be turned against others', () => {
    let quarantine: Quarantine
    beforeEach(async () => {
      await mkdir(lab.path('quarantine'))
      quarantine = new Quarantine(lab.path('quarantine'), (file) => lab.clamd.scanContent(file))
      await mkdir(lab.path('files/victim'))
      await writeFile(lab.path('files/victim/passwd'), 'precious')
    })

    it('a folder swapped for a link between verdict and move', async () => {
      await symlink(lab.path('files/victim'), lab.path('files/dir'))
      expect(await quarantine.take(Buffer.from(lab.path('files/dir/passwd')), 'one')).toMatchObject({ isTaken: false })
      expect(await readFile(lab.path('files/victim/passwd'), 'utf8')).toBe('precious')
    })

    it('a parent folder swapped for a link', async () => {
      await mkdir(lab.path('files/victim/deep'))
      await writeFile(lab.path('files/victim/deep/file'), 'precious')
      await symlink(lab.path('files/victim'), lab.path('files/up'))
      expect(await quarantine.take(Buffer.from(lab.path('files/up/deep/file')), 'one')).toMatchObject({ isTaken: false, why: 'changed' })
      expect(await readFile(lab.path('files/victim/deep/file'), 'utf8')).toBe('precious')
    })

    it('the file itself swapped for a link, or for a clean one', async () => {
      await symlink(lab.path('files/victim/passwd'), lab.path('files/link'))
      expect(await quarantine.take(Buffer.from(lab.path('files/link')), 'one')).toEqual({ isTaken: false, why: 'not-a-file' })
      expect(await quarantine.take(Buffer.from(lab.path('files/victim/passwd')), 'two')).toEqual({ isTaken: false, why: 'changed' })
      expect(await readFile(lab.path('files/victim/passwd'), 'utf8')).toBe('precious')
      expect((await lstat(lab.path('files/victim/passwd'))).mode & 0o777).toBe(0o644)
    })
  })
})
