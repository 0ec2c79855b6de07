import { copyFile, mkdir, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { CommandParams } from '@vigie/domain/agents'
import { IdentityStore } from '../core/identity.ts'
import { keepFormer, loadMove, saveMove, type MoveRecord } from '../core/move-record.ts'
import { enrolled, newStateFolder, remove, started } from '../testing/in-process.ts'
import { Peer } from '../testing/peer.ts'
import type { Agent, AgentOptions } from './agent.ts'

const moveId = '0198aaaa-0000-7000-8000-000000000001'

// Two servers of the protocol, one agent that goes from the one to the other.
describe('an agent that switches its connection (AGT-11)', () => {
  let from: Peer
  let to: Peer
  let state: string
  let agentId: string
  let agent: Agent
  let number: number
  beforeEach(async () => {
    ;[from, to, state] = [await Peer.start(), await Peer.start(), await newStateFolder()]
    agentId = await enrolled(from, state)
    number = 0
    agent = await start()
  })
  afterEach(async () => {
    await agent.stop()
    await Promise.all([from.close(), to.close()])
    await remove(state)
  })

  const start = (options: Partial<AgentOptions> = {}) => started(state, { moveAgainMs: 20, ...options })
  /** As a kill or the launcher would. */
  const restart = async (options: Partial<AgentOptions> = {}) => {
    await agent.stop('upgrading')
    agent = await start(options)
  }
  const server = (): Extract<CommandParams['move-agent'], { step: 'prepare' }>['server'] => ({
    address: to.url,
    caFingerprint: to.certificates.caSha256.replaceAll(':', '').toLowerCase(),
    commandKey: to.commandKeys.publicKey,
  })
  const prepare = (change: Partial<Extract<CommandParams['move-agent'], { step: 'prepare' }>> = {}): CommandParams['move-agent'] => ({
    step: 'prepare',
    moveId,
    guid: to.guid,
    key: to.key,
    server: server(),
    ...change,
  })
  /** Orders it and waits for its outcome at the old side. */
  async function order(params: CommandParams['move-agent']) {
    const frame = from.order(agentId, ++number, 'move-agent', { params })
    await from.until(() => agent.status().state === 'online', 'the agent is there')
    from.send(frame)
    const outcome = () => from.of('outcome').find((item) => item.commandId === frame.order.commandId && item.step !== 'running')
    await from.until(() => outcome() !== undefined, `an outcome of ${params.step}`)
    return outcome()!
  }
  const own = async () => (await new IdentityStore(state).load())!
  const online = (peer: Peer, who: string) =>
    peer.until(() => agent.status().state === 'online' && agent.status().agentId === who && peer.sockets.size > 0, `online as ${who}`)

  it('registers there beside, sees that it is welcome, goes only when told, and gives the old registration up when the new side has it', async () => {
    const prepared = await order(prepare())
    const newId = [...to.agents.keys()][0]!
    expect(prepared).toMatchObject({ step: 'succeeded', evidence: { newAgentId: newId, server: to.url } })
    expect([to.hellos.map((hello) => hello.agentId), to.byes]).toEqual([[newId], ['stopped']])
    expect([(await own()).agentId, agent.status().state]).toEqual([agentId, 'online']) // nothing has changed

    const gone = await order({ step: 'switch', moveId })
    expect(gone).toMatchObject({ step: 'succeeded', evidence: { newAgentId: newId } })
    expect(await agent.ended).toBe('upgrading')
    expect((await own()).agentId).toBe(agentId) // the old side knew first
    await restart()
    await online(to, newId)
    await expect
      .poll(async () => [
        await loadMove(state),
        (await readdir(state)).includes('move'),
        (await readdir(state)).filter((name) => name.startsWith('counters.')),
      ])
      .toEqual([null, false, [`counters.${newId}`]])
    await to.until(() => to.of('endpoint').length > 0, 'it reports there')
    expect([from.faults, to.faults, from.sockets.size]).toEqual([[], [], 0])
  })

  it.each([
    ['the key is wrong', () => prepare({ key: 'no such key' }), 'move-refused'],
    [
      'another answers there than the code named: its certificate',
      () => prepare({ server: { ...server(), caFingerprint: 'ab'.repeat(32) } }),
      'move-wrong-side',
    ],
    [
      'another answers there than the code named: its command key',
      () => prepare({ server: { ...server(), commandKey: from.commandKeys.publicKey } }),
      'move-wrong-side',
    ],
    ['nobody answers there', () => prepare({ server: { ...server(), address: 'https://127.0.0.1:9' } }), 'move-unreachable'],
    ['it was never prepared', (): CommandParams['move-agent'] => ({ step: 'switch', moveId }), 'move-not-prepared'],
  ])('stays where it is when %s', async (_, params, reason) => {
    expect(await order(params())).toMatchObject({ step: 'failed', evidence: { reason } })
    expect([(await own()).agentId, agent.status().state, await loadMove(state)]).toEqual([agentId, 'online', null])
  })

  it('stays when the new side no longer welcomes it at the moment of going', async () => {
    await order(prepare())
    to.problem = { code: 'agent.unregistered', isRetryable: false }
    expect(await order({ step: 'switch', moveId })).toMatchObject({
      step: 'failed',
      evidence: { reason: 'move-not-welcome', problem: 'problem.agent.unregistered' },
    })
    expect([(await own()).agentId, (await loadMove(state))!.step]).toEqual([agentId, 'prepared'])
  })

  it('drops what it registered, and says so there, when the whole is given up; a second time has nothing to drop', async () => {
    await order(prepare())
    expect(await order({ step: 'give-up', moveId })).toMatchObject({ step: 'succeeded', evidence: { wasServerTold: true } })
    expect([to.byes, await loadMove(state), (await readdir(state)).includes('move')]).toEqual([['stopped', 'uninstalled'], null, false])
    expect(await order({ step: 'give-up', moveId })).toMatchObject({ step: 'succeeded' })
  })

  it('the same order again is the same registration: an answer that got lost costs nothing', async () => {
    to.loseEnrolAnswers = 1
    const [one, two] = [await order(prepare()), await order(prepare())]
    expect([one.evidence, to.agents.size]).toEqual([two.evidence, 1])
  })

  it('comes back by itself where the new side does not take it after all, and can be told again', async () => {
    await order(prepare())
    const newId = [...to.agents.keys()][0]!
    await order({ step: 'switch', moveId })
    await agent.ended
    to.problem = { code: 'agent.unregistered', isRetryable: false }
    await restart({ returnAfterMs: 300 })
    expect(await agent.ended).toBe('upgrading') // not "unregistered": the old side is still there
    await restart()
    await online(from, agentId)
    to.problem = null
    expect(await order({ step: 'switch', moveId })).toMatchObject({ step: 'succeeded' })
    expect(await agent.ended).toBe('upgrading')
    await restart()
    await online(to, newId)
  })

  // Each step is one file replaced at once: these are all the states that a kill, wherever it falls, can leave.
  describe('killed', () => {
    let newId: string
    beforeEach(async () => {
      await order(prepare())
      newId = [...to.agents.keys()][0]!
      await agent.stop('upgrading')
      await keepFormer(state)
    })
    const at = (step: MoveRecord['step']) => saveMove(state, { format: 1, moveId, step, commandId: '0198aaaa-0000-7000-8000-00000000000c' })
    const lifeUntilEnd = async () => {
      agent = await start()
      expect(await agent.ended).toBe('upgrading')
      await restart()
    }

    it('prepared: it is the old side’s', async () => {
      agent = await start()
      await online(from, agentId)
      expect(to.sockets.size).toBe(0)
    })

    it('told to go, the old side not yet told: it tells, then goes', async () => {
      await at('switching')
      await lifeUntilEnd()
      await online(to, newId)
    })

    it('told to go, and the old side let it go while its answer got lost', async () => {
      from.agents.delete(agentId)
      await at('switching')
      await lifeUntilEnd()
      await online(to, newId)
    })

    it('on its way, whichever of the two files was there already', async () => {
      await at('switched')
      await mkdir(state, { recursive: true })
      await copyFile(join(state, 'move', 'ca.pem'), join(state, 'ca.pem'))
      agent = await start()
      await online(to, newId)
      expect(from.sockets.size).toBe(0)
    })

    it('arrived, and not welcomed yet', async () => {
      await at('switched')
      agent = await start()
      await agent.stop('upgrading')
      agent = await start()
      await online(to, newId)
    })

    it('on its way back', async () => {
      await at('switched')
      to.problem = { code: 'server.busy', isRetryable: true }
      agent = await start()
      await agent.stop('upgrading')
      await at('returning')
      agent = await start()
      await online(from, agentId)
      expect((await loadMove(state))!.step).toBe('prepared')
    })
  })
})
