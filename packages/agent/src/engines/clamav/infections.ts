import type { Host } from '../../core/engine.ts'
import type { Clamd, Verdict } from './clamd.ts'
import { stampOf, type Memory } from './memory.ts'
import type { Said } from './said.ts'

interface Deps {
  host: Host
  memory: Memory
  said: Pick<Said, 'at'>
  clamd: () => Clamd
}

/** Infections end without us too: somebody deleted, moved or cleaned the file. One that changed is shown to the engine again. */
export async function recheckInfections(deps: Deps): Promise<void> {
  const { host, memory } = deps
  for (const [key, infection] of memory.infections()) {
    const path = Buffer.from(infection.path, 'latin1')
    await memory.notAsking(path)
    const stamp = await stampOf(path).catch(() => infection.stamp)
    if (stamp === infection.stamp || host.recall(key) === undefined) continue
    await memory.asking(path, () => judgeAgain(deps, key, path, stamp))
  }
}

async function judgeAgain({ host, memory, said, clamd }: Deps, key: string, path: Buffer, stamp: string | null): Promise<void> {
  const fromMs = Date.now()
  const verdict = stamp === null ? null : await judge(clamd, path)
  if (verdict === null || verdict.is === 'clean') {
    const { items, state } = memory.cleared(path, verdict === null ? 'gone' : 'cleaned', host.now())
    return host.tell(items, state)
  }
  const infection = host.recall(key) as object
  if (verdict.is === 'error') return host.tell([], { [key]: { ...infection, stamp } })
  const { threat } = verdict
  const at = await said.at(path, threat, fromMs, host.now())
  const own = memory.ownState(path, threat, fromMs, Date.now())
  const known = memory.infection(path, threat)
  if (known && memory.isToldInMinute(known, at)) return host.tell([], { ...own, [key]: { ...infection, stamp } })
  // clamd's log has it as a find: what is told of it is what an agent that reads it there later would tell (AGT-6)
  const detection = memory.detection(path, threat, at, 'failed')
  // of the file as it was judged: it may have changed once more since
  const state = Object.fromEntries(
    Object.entries(await memory.infectionState(path, threat, detection)).map(([name, one]) => [name, { ...(one as object), stamp }]),
  )
  await host.tell([detection], { ...own, [key]: { ...infection, stamp }, ...state })
}

async function judge(clamd: () => Clamd, path: Buffer): Promise<Verdict> {
  try {
    const session = await clamd().session()
    return await session.scan(path).finally(() => session.close())
  } catch (error) {
    return { is: 'error', message: String(error) }
  }
}
