import { cp, readdir, readFile, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { enrolPrepared, laterPath } from '../core/enrol-later.ts'
import { silentLog } from '../core/log.ts'
import { aMachine } from '../testing/in-process.ts'
import { Peer } from '../testing/peer.ts'
import { localTool } from '../testing/tool.ts'

const local = localTool()

describe('registration credentials (CUS-6)', () => {
  const withUser = (more: readonly string[], input = '') =>
    local.run(
      [
        'enrol',
        '--server',
        local.peer.url,
        '--guid',
        local.peer.guid,
        '--user',
        local.peer.credentials.userName,
        '--ca-sha256',
        local.peer.certificates.caSha256,
        '--no-service',
        ...more,
      ],
      input,
    )

  it.each([
    ['typed', () => withUser([], `${local.peer.credentials.password}\n`)],
    [
      'from a file',
      async () => {
        await writeFile(join(local.folder, 'word'), `${local.peer.credentials.password}\n`)
        return await withUser(['--password-file', 'word'])
      },
    ],
    ['from standard input, to its end', () => withUser(['--password-file', '-'], local.peer.credentials.password)],
  ])('in place of the key, the password %s; it is kept nowhere', async (_, enrolling) => {
    const { code, stdout, stderr } = await enrolling()
    expect([code, local.peer.agents.size, await readdir(local.state)]).toEqual([0, 1, expect.arrayContaining(['identity.json'])])
    for (const file of await readdir(local.state, { recursive: true, withFileTypes: true })) {
      if (file.isFile())
        expect(await readFile(join(file.parentPath, file.name), 'utf8'), file.name).not.toContain(local.peer.credentials.password)
    }
    expect(stdout + stderr).not.toContain(local.peer.credentials.password)
  })

  it('wrong, none, and both at once: each said, with the way out', async () => {
    expect(await withUser([], 'guessed\n')).toMatchObject({ code: 7, stderr: expect.stringContaining('company profile') })
    expect(await withUser([])).toMatchObject({ code: 2, stderr: expect.stringContaining('--password-file') })
    expect(await withUser(['--key', local.peer.key], 'x\n')).toMatchObject({ code: 2, stderr: expect.stringContaining('--key') })
  })
})

describe('change GUID (AGT-5, R9)', () => {
  let other: Peer
  beforeEach(async () => {
    other = await Peer.start(local.peer.certificates)
    await local.enrol()
    await local.quietEngine()
  })
  afterEach(() => other.close())
  const change = (...more: string[]) => local.run(['change-guid', '--server', other.url, '--guid', other.guid, '--key', other.key, ...more])

  it('sends under the old GUID what belongs to it, says goodbye there, begins anew here', async () => {
    const old = await local.identity()
    await local.queued(500)
    const said = await change()
    expect([said.code, said.stderr, said.stdout]).toEqual([0, '', expect.stringContaining('former registration is given up')])
    expect(local.peer.of('detection')).toHaveLength(500)
    expect(local.peer.byes).toEqual(['uninstalled'])
    expect((await local.identity()).guid).toBe(other.guid)
    expect(await readdir(local.state)).not.toContain(`counters.${old.agentId}`)
    expect(await readdir(local.state)).not.toContain('change')
    await local.start(other)
    await other.until(() => other.of('endpoint').length > 0, 'endpoint at the new place')
    expect([other.of('detection'), other.faults, local.peer.faults]).toEqual([[], [], []])
  })

  it('a wrong key: nothing is changed, nothing said', async () => {
    const before = await local.identity()
    expect((await local.run(['change-guid', '--server', other.url, '--guid', other.guid, '--key', 'wrong'])).code).toBe(7)
    expect(await local.identity()).toEqual(before)
    expect(local.peer.byes).toEqual([])
  })

  it('what can’t be sent is neither given up nor given to another customer, unless so ordered', async () => {
    await local.queued(3)
    local.peer.problem = { code: 'server.unavailable', isRetryable: true }
    expect(await change('--wait-seconds', '0')).toMatchObject({ code: 2 })
    expect(await change('--wait-seconds', '2')).toMatchObject({ code: 7, stderr: expect.stringContaining('3 records still wait') })
    expect((await local.identity()).guid).toBe(local.peer.guid)
    expect((await change('--queue', 'discard', '--wait-seconds', '1')).stdout).toContain('3 records were given up')
    await local.start(other)
    await other.until(() => other.of('endpoint').length > 0, 'endpoint at the new place')
    expect(other.of('detection')).toEqual([])
  }, 60_000)
})

describe('image prepare (AGT-9)', () => {
  const prepare = (...more: string[]) => local.run(['image', 'prepare', ...more])

  it('refuses under a running agent; sends what waits, gives up the identity, leaves nothing that two copies would share', async () => {
    await local.enrol()
    await local.quietEngine()
    await local.start()
    expect(await prepare()).toMatchObject({ code: 7, stderr: expect.stringContaining('Stop it first') })
    await local.stop()
    await local.queued(50)
    expect((await local.run(['image', 'check'])).code).toBe(7)
    const said = await prepare('--guid', local.peer.guid, '--key', 'an-endpoint-key')
    expect([said.code, said.stderr, said.stdout]).toEqual([0, '', expect.stringContaining('registers itself at its first boot')])
    expect(local.peer.of('detection')).toHaveLength(50)
    expect(local.peer.byes.at(-1)).toBe('uninstalled')
    expect((await readdir(local.state)).filter((name) => name !== 'clamav').toSorted()).toEqual([
      'ca.pem',
      'enrol-at-boot.json',
      'settings.json',
    ])
    expect((await stat(laterPath(local.state))).mode & 0o777).toBe(0o600)
    expect((await local.run(['image', 'check'])).code).toBe(0)
    expect((await prepare('--guid', local.peer.guid, '--key', 'again')).code).toBe(2) // no server known any more: it has to be said
    expect((await local.run(['run'])).code).toBe(3) // still the master's boot: no copy's place is taken
  })

  it('what can’t be sent is not given up, unless so ordered', async () => {
    await local.enrol()
    await local.quietEngine()
    await local.queued(2)
    local.peer.problem = { code: 'server.unavailable', isRetryable: true }
    expect(await prepare('--wait-seconds', '2')).toMatchObject({ code: 7, stderr: expect.stringContaining('2 records still wait') })
    expect((await local.identity()).guid).toBe(local.peer.guid)
    expect((await prepare('--discard', '--wait-seconds', '1')).stdout).toContain('2 records were given up')
    expect((await local.run(['status'])).code).toBe(3)
  }, 60_000)

  it('copies become agents of their own, each once, also when the answer got lost', async () => {
    await local.enrol()
    await prepare('--guid', local.peer.guid, '--key', local.peer.key)
    local.peer.key = 'spent' // Peer's own key is one-use; copies come to servers of their own here, as a key for many would let them
    const ids: string[] = []
    for (const name of ['a', 'b']) {
      const server = await Peer.start(local.peer.certificates)
      const copy = join(local.folder, name)
      await cp(local.state, copy, { recursive: true })
      await writeFile(
        laterPath(copy),
        JSON.stringify({ ...JSON.parse(await readFile(laterPath(copy), 'utf8')), server: server.url, guid: server.guid, key: server.key }),
      )
      server.loseEnrolAnswers = 1
      const options = {
        log: silentLog,
        signal: new AbortController().signal,
        machine: aMachine(name),
        bootId: `boot-of-${name}`,
        backOffBaseMs: 10,
      }
      ids.push((await enrolPrepared(copy, options))!.agentId)
      expect(server.agents.size).toBe(1)
      expect(await readdir(copy)).not.toContain('enrol-at-boot.json')
      expect(await enrolPrepared(copy, options)).toBeNull()
      await server.close()
    }
    expect(new Set(ids).size).toBe(2)
  })
})
