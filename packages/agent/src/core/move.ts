import { randomUUID } from 'node:crypto'
import { join } from 'node:path'
import { EnrolReply, protocolVersion, type CommandParams, type Machine } from '@vigie/domain/agents'
import { Problem } from '@vigie/domain/kernel'
import { agentVersion } from '../version.ts'
import { Counters } from './counters.ts'
import { CommandFailure, OutcomeLater, type EngineCommand, type Evidence } from './engine.ts'
import { trustedCa } from './enrol.ts'
import { privateFolder } from './files.ts'
import { ConnectionError, fetchPinnedCa, fingerprintOf, normalFingerprint, parseCertificate, postJson } from './https.ts'
import { IdentityStore, type Identity } from './identity.ts'
import type { Log } from './log.ts'
import { besideFolder, endMove, keepBeside, keepFormer, loadBeside, loadMove, saveMove, type Side } from './move-record.ts'
import type { Proxy } from './proxy.ts'
import { pause } from './time.ts'
import { visit, type Visit } from './visit.ts'

export interface MoveDeps {
  stateFolder: string
  log: Log
  identity: () => Identity
  proxy: () => Proxy | null
  machine: () => Promise<Machine>
  /** On disk: say goodbye here, then go. */
  onDecided: () => void
  /** Between two tries where trying again may help. */
  againMs?: number
}
type Prepare = Extract<CommandParams['move-agent'], { step: 'prepare' }>

const tries = 8
/** The path at a site server that leads to the installation it is prepared for. */
export const siteMovePath = '/agent/v1/move/enrol'

/**
 * `move-agent` (AGT-11), in two orders. `prepare` registers at the new side and sees that it is welcome there; `switch` goes. Nothing is given up before both. The order is signed by the side that we are
 * told to leave, and names whom to trust at the new one: neither an answer on the way nor a site server changes that (R14). Whose programs run here is not part of it: the releases that are believed stay
 * those that were (R17).
 */
export function moveCommand(deps: MoveDeps): EngineCommand {
  let turn: Promise<unknown> = Promise.resolve()
  return {
    unavailable: () => null,
    start: (signal, params, commandId) => {
      const own = turn.catch(() => {}).then(() => take(deps, params as CommandParams['move-agent'], commandId ?? randomUUID(), signal))
      turn = own
      return own
    },
    isDone: (_, started) => started,
    confirmMs: 0,
  }
}

async function take(deps: MoveDeps, params: CommandParams['move-agent'], commandId: string, signal: AbortSignal): Promise<Evidence> {
  const { stateFolder } = deps
  const known = await loadMove(stateFolder)
  if (known && known.step !== 'prepared') throw new CommandFailure('move-under-way')
  switch (params.step) {
    case 'prepare':
      if (known && known.moveId !== params.moveId) await drop(deps)
      return await prepare(deps, params, signal)
    case 'give-up':
      return known?.moveId === params.moveId ? { wasServerTold: await drop(deps) } : {}
    case 'switch': {
      const side = known?.moveId === params.moveId ? await loadBeside(stateFolder) : null
      if (side === null) throw new CommandFailure('move-not-prepared')
      await assertWelcome(deps, side, 'stopped')
      await keepFormer(stateFolder)
      await saveMove(stateFolder, { format: 1, moveId: params.moveId, step: 'switching', commandId })
      deps.onDecided()
      throw new OutcomeLater()
    }
  }
}

/** May be given again, and die anywhere: the same key pair is sent until the answer is on disk. */
async function prepare(deps: MoveDeps, params: Prepare, signal: AbortSignal): Promise<Evidence> {
  const { stateFolder, log } = deps
  await privateFolder(besideFolder(stateFolder))
  const made = await loadBeside(stateFolder)
  const side = made?.identity.guid === params.guid ? made : await register(deps, params, signal)
  await keepBeside(stateFolder, side)
  await assertWelcome(deps, side, 'stopped')
  await saveMove(stateFolder, { format: 1, moveId: params.moveId, step: 'prepared', commandId: null })
  log.info('registered at another side, beside this one', { server: params.server.address, agentId: side.identity.agentId })
  return { newAgentId: side.identity.agentId, server: params.server.address }
}

async function register(deps: MoveDeps, params: Prepare, signal: AbortSignal): Promise<Side> {
  const own = deps.identity()
  const pair = await new IdentityStore(besideFolder(deps.stateFolder)).attempt(`move ${params.server.address} ${params.guid}`)
  const machine = await deps.machine()
  const request = { guid: params.guid, key: params.key, publicKey: pair.publicKey, agentVersion, protocol: protocolVersion, machine }
  const { reply, ca } = await asked(deps, params, request, signal)
  if (reply.commandKey !== params.server.commandKey || !reply.channel.startsWith('wss://')) throw new CommandFailure('move-wrong-side')
  const common = {
    ...pair,
    guid: params.guid,
    anchorHostname: machine.hostname,
    isUnregistered: false,
    agentId: reply.agentId,
    commandKey: reply.commandKey,
    product: reply.product,
    isSiteServer: reply.isSiteServer ?? false,
  }
  if (own.direct === null) return { identity: { ...common, server: params.server.address, channel: reply.channel, direct: null }, ca }
  // the way stays that through our site server, which goes too; what lies behind it is another
  const behind = reply.ca === undefined ? null : parseCertificate(reply.ca)
  if (behind === null || fingerprintOf(behind) !== normalFingerprint(params.server.caFingerprint))
    throw new CommandFailure('move-wrong-side')
  return {
    identity: { ...common, server: own.server, channel: own.channel, direct: { channel: reply.channel, ca: behind.toString() } },
    ca,
  }
}

/** An endpoint asks through its site server, which knows the way once it is prepared itself, then directly. @throws CommandFailure */
async function asked(
  deps: MoveDeps,
  { server }: Prepare,
  request: unknown,
  signal: AbortSignal,
): Promise<{ reply: EnrolReply; ca: string }> {
  const { identity, proxy, stateFolder, log, againMs = 2_000 } = deps
  const siteCa = identity().direct ? await trustedCa(stateFolder) : null
  const direct = async () => {
    const ca = await fetchPinnedCa(server.address, server.caFingerprint, proxy())
    return { reply: checked(await postJson(server.address, '/agent/v1/enrol', ca, request, proxy())), ca }
  }
  let last: unknown
  for (let n = 0; n < tries && !signal.aborted; n++) {
    if (n > 0) await pause(againMs, signal)
    try {
      if (siteCa === null) return await direct()
      try {
        return { reply: checked(await postJson(identity().server, siteMovePath, siteCa, request)), ca: siteCa }
      } catch (error) {
        if (error instanceof Problem && !error.kind.retry) throw error
        return { reply: (await direct()).reply, ca: siteCa }
      }
    } catch (error) {
      last = error
      log.warn('not registered at the other side yet', { cause: error instanceof Problem ? error.code : String(error) })
      if (error instanceof Problem ? !error.kind.retry : !(error instanceof ConnectionError) || error.reason === 'ca-differs') break
    }
  }
  if (signal.aborted) throw new CommandFailure('agent-restarted')
  if (last instanceof Problem) throw new CommandFailure('move-refused', { problem: `problem.${last.code}` }, { cause: last })
  if (last instanceof ConnectionError && last.reason === 'ca-differs') throw new CommandFailure('move-wrong-side', {}, { cause: last })
  throw new CommandFailure('move-unreachable', last instanceof ConnectionError ? { fault: `agent.connection.${last.reason}` } : {}, {
    cause: last,
  })
}

function checked(reply: unknown): EnrolReply {
  const parsed = EnrolReply.safeParse(reply)
  if (!parsed.success) throw new ConnectionError('answer-invalid', parsed.error)
  return parsed.data
}

/**
 * Sees with a hello of its own that the new side takes us. An endpoint behind a site server can't look before that has gone: its registration, answered by the new side, must do; should it not be welcome
 * when it tries, it comes back by itself. @throws CommandFailure
 */
async function assertWelcome(deps: MoveDeps, side: Side, bye: 'stopped'): Promise<void> {
  if (side.identity.direct !== null) return
  const seen = await visitSide(deps, side, bye)
  if (seen.kind === 'unreachable') throw new CommandFailure('move-unreachable', { fault: `agent.connection.${seen.reason}` })
  if (seen.kind === 'problem') throw new CommandFailure('move-not-welcome', { problem: `problem.${seen.code}` })
}

async function visitSide(
  { stateFolder, proxy, machine, againMs = 2_000 }: MoveDeps,
  { identity, ca }: Side,
  bye: 'stopped' | 'uninstalled',
): Promise<Visit> {
  const counters = await Counters.open(join(stateFolder, `counters.${identity.agentId}`))
  try {
    for (let n = 1; ; n++) {
      const seen = await visit({ identity, ca, proxy: proxy(), counters, machine: await machine(), epoch: randomUUID(), bye })
      const mayHelp = seen.kind === 'unreachable' || (seen.kind === 'problem' && seen.isRetryable)
      if (!mayHelp || n >= 3) return seen
      await pause(againMs)
    }
  } finally {
    await counters.close()
  }
}

/** Gives up what was registered at the new side, and says so there where there is a way. @returns whether it was told */
async function drop(deps: MoveDeps): Promise<boolean> {
  const side = await loadBeside(deps.stateFolder)
  const wasTold = side !== null && side.identity.direct === null && (await visitSide(deps, side, 'uninstalled')).kind === 'welcome'
  await endMove(deps.stateFolder)
  deps.log.info('stays: what was registered at another side is dropped', { wasTold })
  return wasTold
}
