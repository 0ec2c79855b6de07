import { randomUUID } from 'node:crypto'
import { agentChannel, type AgentNotice } from '../commands/index.ts'
import type { Services } from '../platform/index.ts'
import { answers, closeCodes, type Connection } from './connection.ts'

interface Held {
  /** This process's connections by their id. */
  connections: ReadonlyMap<string, Connection>
  /** Names the process's own notices, which it does not hear. */
  processMark: number
  answerMs: number
  /** Something was told for the agent, by whatever process. */
  onWake(agentId: string): void
  /** The ear was shut for a moment: what was told meanwhile, nobody heard. */
  onHearingAgain(): void
}

/** What the processes that hold connections tell one another. */
export interface Notices {
  /** Whether a connection answers, wherever it is held. @param heldBy mark of the process that held it last */
  ask(connectionId: string, heldBy: number): Promise<boolean>
  /** Ends a connection, wherever it is held. */
  evict(connectionId: string, code: 'agent.is-clone' | null): void
  close(): Promise<void>
}

/** Listens at once, and again whenever the database was away. */
export async function createNotices({ database, log }: Services, held: Held): Promise<Notices> {
  const { connections, processMark, answerMs } = held
  const questions = new Map<string, () => void>()
  let listening: { close(): Promise<void> } | null = null
  let isClosing = false

  function tellOthers(notice: AgentNotice): void {
    database
      .lookup('select pg_notify($1, $2)', [agentChannel, JSON.stringify(notice)])
      .catch((error: unknown) => log.warn('a notice was lost', { error: String(error) }))
  }

  async function ask(connectionId: string, heldBy: number): Promise<boolean> {
    const own = connections.get(connectionId)
    if (own) return await answers(own, answerMs)
    if (heldBy === processMark) return false // broken, and not stored yet
    const question = randomUUID()
    return await new Promise((resolve) => {
      const end = (isThere: boolean) => {
        clearTimeout(timer)
        questions.delete(question)
        resolve(isThere)
      }
      const timer = setTimeout(() => end(false), answerMs + 500)
      questions.set(question, () => end(true))
      tellOthers({ kind: 'ask', connectionId, question })
    })
  }

  function evict(connectionId: string, code: 'agent.is-clone' | null): void {
    const own = connections.get(connectionId)
    if (!own) return tellOthers({ kind: 'evict', connectionId, code })
    if (code) own.refuse(code)
    else own.end(closeCodes.superseded)
  }

  function onNotice(text: string): void {
    let notice: AgentNotice
    try {
      notice = JSON.parse(text) as AgentNotice
    } catch {
      return
    }
    switch (notice.kind) {
      case undefined:
      case 'wake':
        return held.onWake(notice.agentId)
      case 'ask': {
        const { question } = notice
        const connection = connections.get(notice.connectionId)
        return connection
          ? void answers(connection, answerMs).then((isThere) => isThere && tellOthers({ kind: 'answer', question }))
          : undefined
      }
      case 'answer':
        return questions.get(notice.question)?.()
      case 'evict':
        return connections.has(notice.connectionId)
          ? evict(notice.connectionId, notice.code === 'agent.is-clone' ? 'agent.is-clone' : null)
          : undefined
    }
  }

  async function listen(): Promise<void> {
    const ear = await database.listen(
      agentChannel,
      onNotice,
      () => {
        listening = null
        if (!isClosing) setTimeout(() => void listenAgain(), 250).unref()
      },
      processMark,
    )
    if (isClosing) await ear.close()
    else listening = ear
  }
  async function listenAgain(): Promise<void> {
    if (isClosing) return
    try {
      await listen()
      held.onHearingAgain()
    } catch {
      setTimeout(() => void listenAgain(), 1_000).unref()
    }
  }
  await listen()

  return {
    ask,
    evict,
    async close() {
      isClosing = true
      await listening?.close()
    },
  }
}
