import { createHash } from 'node:crypto'
import { chmod, rm } from 'node:fs/promises'
import { createServer, connect, type Server } from 'node:net'
import { join } from 'node:path'
import * as z from 'zod'
import { readJson, writeAtomically } from './files.ts'

/** What `vigie-agent status` shows: the running agent's word through its socket, or its last word from the file. */
export const Status = z.object({
  state: z.enum(['connecting', 'online', 'waiting', 'disabled', 'unregistered', 'version-mismatch', 'refused', 'stopped']),
  /** Problem code or connection fault behind the state; null: none. */
  detail: z.string().nullable(),
  since: z.string(),
  at: z.string(),
  version: z.string(),
  server: z.string(),
  agentId: z.string(),
  guid: z.string(),
  product: z.string(),
  pid: z.number().int(),
  clockOffsetMs: z.number().nullable(),
  queue: z.object({ pending: z.number(), sizeBytes: z.number(), problem: z.string().nullable() }),
  commandsRefused: z.number(),
  engine: z.unknown(),
  infections: z.number(),
  /** AGT-8: as a site server; null or absent: it is none. `waitingBytes`: what endpoints said and the way up has not taken yet. */
  site: z
    .object({
      port: z.number().nullable(),
      urls: z.array(z.string()),
      problem: z.string().nullable(),
      endpoints: z.number(),
      waitingBytes: z.number(),
      cut: z.number(),
    })
    .nullable()
    .optional(),
  /** By what its connection is, or was last, and why not by a WebSocket; absent: an agent that knows only those. */
  way: z.object({ carrier: z.enum(['websocket', 'polling']), reason: z.string().nullable() }).optional(),
  memoryBytes: z.number(),
})
export type Status = z.infer<typeof Status>

/** Windows knows no sockets in folders: a pipe whose name follows from the folder, made for its maker and administrators. Untested there (docs/decisions/0036). */
export const socketPath = (stateFolder: string, platform: string = process.platform): string =>
  platform === 'win32'
    ? `\\\\.\\pipe\\vigie-agent-${createHash('sha256').update(stateFolder.toLowerCase()).digest('hex').slice(0, 32)}`
    : join(stateFolder, 'agent.sock')
const filePath = (stateFolder: string) => join(stateFolder, 'status.json')

/** The words the local tool may say to the running agent. Anything else is not answered. */
const localWords = ['status', 'reload', 'stop', 'uninstall'] as const
export type LocalWord = (typeof localWords)[number]

/**
 * Answers on a Unix socket inside the private state folder (no TCP port, R13). It is also the lock: a second agent on the same folder finds it answered.
 * @throws Error with code `EADDRINUSE` when another agent runs.
 */
export async function serveStatus(stateFolder: string, answer: (word: LocalWord) => Promise<Status>): Promise<Server> {
  const path = socketPath(stateFolder)
  if ((await askAgent(stateFolder, 'status')) !== null)
    throw Object.assign(new Error('another agent runs on this state folder'), { code: 'EADDRINUSE' })
  const isFile = process.platform !== 'win32'
  if (isFile) await rm(path, { force: true })
  const server = createServer((socket) => {
    socket.setTimeout(5_000, () => socket.destroy())
    socket.on('error', () => socket.destroy())
    socket.once('data', (data) => {
      const said = data.toString('utf8').trim()
      const word = localWords.find((known) => known === said)
      if (!word) return socket.destroy()
      answer(word).then(
        (status) => socket.end(`${JSON.stringify(status)}\n`),
        () => socket.destroy(),
      )
    })
  })
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(path, resolve)
  })
  if (isFile) await chmod(path, 0o600)
  return server
}

/** Null: no agent runs on this folder. */
export function askAgent(stateFolder: string, word: LocalWord): Promise<Status | null> {
  return new Promise((resolve) => {
    const socket = connect(socketPath(stateFolder))
    let text = ''
    socket.setTimeout(word === 'reload' ? 60_000 : 3_000, () => socket.destroy())
    socket.on('connect', () => socket.write(`${word}\n`))
    socket.on('data', (data) => (text += data.toString('utf8')))
    socket.on('error', () => socket.destroy())
    socket.on('close', () => {
      try {
        resolve(text === '' ? null : Status.parse(JSON.parse(text)))
      } catch {
        resolve(null)
      }
    })
  })
}

export const keepStatus = (stateFolder: string, status: Status): Promise<void> =>
  writeAtomically(filePath(stateFolder), JSON.stringify(status))
export const lastStatus = (stateFolder: string): Promise<Status | null> => readJson(filePath(stateFolder), Status).catch(() => null)
