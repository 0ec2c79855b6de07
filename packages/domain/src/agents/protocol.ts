import * as z from 'zod'
import { commandTypes } from '../commands/types.ts'
import { AgentId, CommandId, Instant } from '../kernel/index.ts'
import { realTimeScanStates } from '../products/shapes.ts'

/**
 * Version of what travels between agent and server; each number with its date and what it added.
 * 1 (2026-11-21): first.
 * 2 (2026-11-21): orders carry typed `params`; endpoint items tell the settings in force; a site server carries others' frames (`via`, `via-end`, AGT-8), answers
 *   for their connections (`via-ask`, `via-alive`) and says where it listens (`via-site`). The same frames over HTTPS long polling where a WebSocket can't be had (`line`).
 */
export const protocolVersion = 2
/** The server still speaks with agents of this version; older ones get `agent.version-unsupported` and are shown as version mismatch (AGT-2). */
export const oldestProtocolVersion = 1

/** Limits of both sides (R18), counted before parsing. */
export const channelLimits = {
  frameBytes: 1_048_576,
  itemsPerBatch: 1_000,
  /** Batches sent and not yet acknowledged. */
  batchesInFlight: 4,
  textLength: 4_096,
  /** An agent beats this often; `silentAfterMs` without any frame is abnormal (AGT-2). */
  beatMs: 30_000,
  silentAfterMs: 85_000,
  /** A disabled agent asks this often (AGT-3). */
  disabledPollMs: 600_000,
  /** Clocks further apart than this are measured, told and warned of; times are then corrected by the offset (R23). */
  clockWarnMs: 60_000,
} as const

/** Base64url without padding. */
const Bytes = (max: number) =>
  z
    .string()
    .regex(/^[A-Za-z0-9_-]+$/)
    .max(max)
export const PublicKey = Bytes(100)
export const Signature = Bytes(100)
const Text = z.string().max(channelLimits.textLength)
const Name = z.string().max(255)
/** Whole number since 1, per (agent, epoch): the agent's durable count of what it has to tell. */
const Sequence = z.number().int().min(1)

/** Facts of the machine, to show and to tell clones apart (AGT-9). `fingerprint`: SHA-256 over machine id, hardware ids, host name; hex. */
export const Machine = z.object({
  hostname: Name,
  platform: Name,
  fingerprint: z.string().regex(/^[0-9a-f]{64}$/),
  addresses: z.array(Name).max(50),
})
export type Machine = z.infer<typeof Machine>

/**
 * POST /agent/v1/enrol (R9). The key is one-use; a repeat with the same public key (the answer got lost) answers the same again. In its place, since version 2, the customer's registration
 * credentials (CUS-6): they last, but each GUID takes one installation all the same.
 */
export const EnrolRequest = z
  .object({
    guid: z.uuid(),
    key: z.string().max(100).optional(),
    credentials: z.object({ userName: z.string().regex(/^[\w.-]{1,40}$/), password: z.string().min(1).max(200) }).optional(),
    publicKey: PublicKey,
    agentVersion: Name,
    protocol: z.number().int(),
    machine: Machine,
  })
  .refine(({ key, credentials }) => (key === undefined) !== (credentials === undefined), { path: ['key'], error: 'required' })
export type EnrolRequest = z.infer<typeof EnrolRequest>
export const EnrolReply = z.object({
  agentId: AgentId,
  /** Ed25519 key that signs commands (R14); trusted because the certificate was pinned. */
  commandKey: PublicKey,
  /** `wss://host:port/agent/v1/channel` */
  channel: z.string(),
  product: z.object({ typeId: z.string(), description: z.string() }),
  /** AGT-8: this agent may carry those of its site. Since version 2. */
  isSiteServer: z.boolean().optional(),
  /** The installation's CA certificate, PEM. An endpoint that enrols through its site server checks it against the fingerprint in its install command. Since version 2. */
  ca: z.string().max(20_000).optional(),
  /** The newest root of releases this installation knows, an Envelope as JSON text (R17): believed at the registration, never again. Since version 2; absent: it has none. */
  releaseRoot: z.string().max(65_536).optional(),
})
export type EnrolReply = z.infer<typeof EnrolReply>

/**
 * POST /agent/v1/fork: an agent told that its identity is shared (`agent.is-clone`) asks for one of its own, signed with the shared key over
 * `forkText`. It keeps its queue and sends it under the new identity with `epoch` 1. Answers EnrolReply.
 */
export const ForkRequest = z.object({
  agentId: AgentId,
  publicKey: PublicKey,
  machine: Machine,
  agentVersion: Name,
  at: Instant,
  signature: Signature,
})
export type ForkRequest = z.infer<typeof ForkRequest>
export const forkText = (request: Omit<ForkRequest, 'signature'>): string =>
  `vigie fork 1\n${request.agentId}\n${request.publicKey}\n${request.machine.fingerprint}\n${request.at}`

/** What the agent signs to open the channel: the server's fresh nonce binds it to this connection, the counter makes a clone show. */
export const helloText = (nonce: string, agentId: string, counter: number, epoch: string): string =>
  `vigie channel 1\n${nonce}\n${agentId}\n${counter}\n${epoch}`

// ---- items: what an agent tells, each once ------------------------------------------------------------------

/** One setting's value (AGT-4): a switch, a number, a word, or a list of lines. */
export const SettingValue = z.union([z.boolean(), z.number(), z.string().max(500), z.array(z.string().max(2_048)).max(1_000)])
export type SettingValue = z.infer<typeof SettingValue>

/** `endpoint`: the agent's own name of the machine it is about; stable over restarts (its own: machine fingerprint). */
const aboutEndpoint = { endpoint: Name }

export const DetectionItem = z.object({
  kind: z.literal('detection'),
  ...aboutEndpoint,
  at: Instant,
  /** Category id; one we don't know yet is stored as it is (R19). */
  category: z.string().max(40),
  threat: Name,
  object: Text,
  outcome: z.string().max(40),
  engine: z.string().max(40),
  /** Names this detection for ever: the same record sent again after a reinstall is known by it (AGT-6). SHA-256 over engine, endpoint, at to the second, threat, object; first 32 hex digits. */
  contentId: z.string().regex(/^[0-9a-f]{32}$/),
})
/** An infection is gone: the file was quarantined, deleted or cleaned later, or is no longer there. */
export const ClearedItem = z.object({
  kind: z.literal('cleared'),
  ...aboutEndpoint,
  at: Instant,
  category: z.string().max(40),
  threat: Name,
  object: Text,
  how: z.string().max(40),
})
/** The endpoint as it is now; replaces what was known. Sent at start, on change, and every 10 minutes. */
export const EndpointItem = z.object({
  kind: z.literal('endpoint'),
  ...aboutEndpoint,
  at: Instant,
  name: Name,
  platform: Name,
  addresses: z.array(Name).max(50),
  engine: z
    .object({
      engine: z.string().max(40),
      engineVersion: Name.nullable(),
      patternVersion: Name.nullable(),
      patternBuiltAt: Instant.nullable(),
      updateCheckedAt: Instant.nullable(),
      realTimeScan: z.enum(realTimeScanStates).catch('unknown'),
      scan: z.object({ isRunning: z.boolean(), startedAt: Instant.nullable(), finishedAt: Instant.nullable() }),
      problem: z.string().max(60).nullable(),
    })
    .nullable(),
  /** Which commands its engine takes now (AGT-7). */
  commands: z.array(z.object({ type: z.string().max(40), isSupported: z.boolean(), reason: z.string().max(60).nullable() })).max(40),
  /** Since version 2: the settings in force at the engine (AGT-4); absent or null: it knows none. `revision`: of the last `apply-settings` it took; 0: none yet. */
  settings: z
    .object({ revision: z.number().int().min(0), values: z.record(z.string().max(60), SettingValue) })
    .nullable()
    .optional(),
  /** Since version 2: how the machine and what runs on it are, beyond the engine; absent: it says nothing of it. Each part only where it is known. */
  health: z
    .object({
      /** Its real file systems, no memory and no copies of others. */
      disks: z.array(z.object({ mount: Text, sizeBytes: z.number().min(0), freeBytes: z.number().min(0) })).max(100),
      /** Services that do not run, since when; one we don't know is left out. */
      down: z.array(z.object({ service: z.string().max(40), since: Instant })).max(20),
      /** Messages of the last hour. */
      mail: z.object({ handled: z.number().int().min(0), spam: z.number().int().min(0) }).nullable(),
      /** `seats`: provisioned. `kind`: since 2026-11-22; left out by who does not know it, and one of a newer agent that is not known here is as left out (R19). */
      licence: z
        .object({
          kind: z.enum(['full', 'trial']).optional().catch(undefined),
          expiresAt: Instant.nullable(),
          seats: z.number().int().min(0).nullable(),
          seatsUsed: z.number().int().min(0).nullable(),
        })
        .nullable(),
    })
    .partial()
    .optional(),
})
/** A step of a command, as it happened at the agent. `evidence` is the engine's, not ours (AGT-3). */
export const OutcomeItem = z.object({
  kind: z.literal('outcome'),
  commandId: CommandId,
  at: Instant,
  step: z.enum(['running', 'succeeded', 'failed', 'expired']),
  evidence: z.record(z.string().max(60), z.union([z.string().max(500), z.number(), z.boolean(), z.null()])),
})
/** What the queue had to give up (its disk was full), so that nothing is lost in silence: shown with the agent. */
export const GapItem = z.object({ kind: z.literal('gap'), at: Instant, lost: z.number().int().min(1), reason: z.string().max(60) })

export const items = { detection: DetectionItem, cleared: ClearedItem, endpoint: EndpointItem, outcome: OutcomeItem, gap: GapItem } as const
export const Item = z.discriminatedUnion('kind', [DetectionItem, ClearedItem, EndpointItem, OutcomeItem, GapItem])
export type Item = z.infer<typeof Item>
export type DetectionItem = z.infer<typeof DetectionItem>
export type ClearedItem = z.infer<typeof ClearedItem>
export type EndpointItem = z.infer<typeof EndpointItem>
export type OutcomeItem = z.infer<typeof OutcomeItem>

// ---- frames: JSON texts over the WebSocket -------------------------------------------------------------------

/** First word, from the server. */
export const ChallengeFrame = z.object({ kind: z.literal('challenge'), nonce: Bytes(64), serverTime: Instant, protocol: z.number().int() })

/**
 * `counter` goes up by one with every hello and is on disk before it is sent. `epoch` names one life of the queue (a UUID made when the queue is made):
 * sequences count from 1 within it.
 */
export const HelloFrame = z.object({
  kind: z.literal('hello'),
  protocol: z.number().int(),
  agentId: AgentId,
  counter: z.number().int().min(1),
  epoch: z.uuid(),
  agentVersion: Name,
  machine: Machine,
  at: Instant,
  signature: Signature,
  /** Why it comes by long polling: what became of the WebSocket, text key below `agent.connection.`. Since version 2; absent: it has no reason to tell. */
  pollingReason: z
    .string()
    .regex(/^[a-z0-9-]{1,60}$/)
    .optional(),
})
export const WelcomeFrame = z.object({
  kind: z.literal('welcome'),
  /** Everything of this epoch up to here is stored: forget it. 0: nothing. */
  ackedSeq: z.number().int().min(0),
  state: z.enum(['enabled', 'disabled']),
  serverTime: Instant,
  /** Server's clock minus agent's, milliseconds, as the server sees it (R23). */
  clockOffsetMs: z.number().int(),
  /** AGT-8: this connection may carry others' frames. Since version 2; absent: it may not. */
  isSiteServer: z.boolean().optional(),
})
/** Items `firstSeq`, `firstSeq + 1` ... The envelope is checked whole, each item by itself: a bad one goes to the dead letter, never stops the others (R19). */
export const BatchFrame = z.object({
  kind: z.literal('batch'),
  epoch: z.uuid(),
  firstSeq: Sequence,
  items: z.array(z.unknown()).min(1).max(channelLimits.itemsPerBatch),
})
/** Stored, after commit (R22). */
export const AckFrame = z.object({ kind: z.literal('ack'), epoch: z.uuid(), seq: z.number().int().min(0) })
/** The batch did not follow what is stored: send again from `expectedSeq`. */
export const NackFrame = z.object({ kind: z.literal('nack'), epoch: z.uuid(), expectedSeq: Sequence })
export const BeatFrame = z.object({ kind: z.literal('beat'), at: Instant })
/** Goodbye: closed properly, shown as offline (AGT-2). */
export const ByeFrame = z.object({ kind: z.literal('bye'), reason: z.enum(['stopped', 'disabled', 'uninstalled', 'upgrading']) })

/** R14: typed parameters of those command types that have any; the agent checks them after the signature and refuses what does not fit. */
export const commandParams = {
  /** All of the settings wanted, never a difference: the newest order says everything. */
  'apply-settings': z.strictObject({ revision: z.number().int().min(1), values: z.record(z.string().max(60), SettingValue) }),
  /** A release that the partner approved; the agent checks its threshold signatures itself (R17). */
  'upgrade-agent': z.strictObject({ version: z.string().max(40) }),
  /**
   * AGT-11: to another product of this installation, or to another installation. `prepare`: register there, beside what is; `switch`: everybody else is prepared too, go; `give-up`: drop it.
   * The key is one-use or counted; `commandKey` and `caFingerprint` are whom the agent will trust there (R14).
   */
  'move-agent': z.discriminatedUnion('step', [
    z.strictObject({
      step: z.literal('prepare'),
      moveId: z.uuid(),
      guid: z.uuid(),
      key: z.string().max(100),
      server: z.strictObject({ address: z.string().max(300), caFingerprint: z.string().regex(/^[0-9a-f]{64}$/), commandKey: PublicKey }),
    }),
    z.strictObject({ step: z.literal('switch'), moveId: z.uuid() }),
    z.strictObject({ step: z.literal('give-up'), moveId: z.uuid() }),
  ]),
  /** EVT-5: what is closed until when; the agent lifts it then by itself. `blockAttachments` only to agents that know it (mail servers). */
  'start-outbreak-defence': z.strictObject({
    until: Instant,
    blockPorts: z.array(z.number().int().min(1).max(65_535)).max(100),
    denyWrites: z.array(z.string().max(1_000)).max(100),
    blockAttachments: z.array(z.string().max(100)).max(100).optional(),
  }),
} as const satisfies Partial<Record<(typeof commandTypes)[number], z.ZodType>>
export type CommandParams = { [T in keyof typeof commandParams]: z.infer<(typeof commandParams)[T]> }

/** R14: closed type, for one agent, numbered, with not-before and expiry. */
export const CommandOrder = z.object({
  commandId: CommandId,
  agentId: AgentId,
  /** Goes up with every command to this agent; the agent refuses one not above the last it took. */
  number: z.number().int().min(1),
  type: z.enum(commandTypes),
  notBefore: Instant,
  expiresAt: Instant,
  /** Of `type`, as `commandParams` has it; absent for those without. Since version 2. */
  params: z.record(z.string().max(60), z.unknown()).optional(),
})
export type CommandOrder = z.infer<typeof CommandOrder>
export const CommandFrame = z.object({ kind: z.literal('command'), order: CommandOrder, signature: Signature })
/** The agent was switched: `disabled` closes the channel (`bye`) and asks again every `disabledPollMs`. */
export const SwitchFrame = z.object({ kind: z.literal('switch'), state: z.enum(['enabled', 'disabled']) })
/** Said before the server closes: whose move it is stands in the problem list. */
export const ProblemFrame = z.object({ kind: z.literal('problem'), code: z.string().max(60), isRetryable: z.boolean() })

/**
 * AGT-8: a site server's one connection carries those of its site's endpoint agents. `route` is the site server's number for one of them on this connection. The frame
 * inside is what the endpoint's agent said or is told, whole and unread: it signs its own hello, counts its own sequence and is acknowledged by the server itself after commit,
 * so the site server can lose, delay or cut, never forge or double (R11, R22).
 */
export const ViaFrame = z.object({ kind: z.literal('via'), route: z.number().int().min(1).max(1_000_000), frame: z.unknown() })
/** That route's connection ended, on either side; said instead of a goodbye when it was lost. Its number is never used again on this connection. */
export const ViaEndFrame = z.object({ kind: z.literal('via-end'), route: z.number().int().min(1).max(1_000_000) })
/** Up: an endpoint's agent opened a route; answered by a `via` with its own challenge. `address`: as the site server sees it, to show. */
export const ViaOpenFrame = z.object({ kind: z.literal('via-open'), route: z.number().int().min(1).max(1_000_000), address: Name })
/**
 * Beats of many at once: the routes that were heard since the last one. `held`: of what its endpoints have told (items of batches), what the site server has not passed on yet: on a slow line it grows. All of it
 * is in its memory; the endpoints keep it until Vigie has it. Since version 2; absent: it does not say.
 */
export const ViaBeatsFrame = z.object({
  kind: z.literal('via-beats'),
  routes: z.array(z.number().int()).max(10_000),
  held: z
    .object({
      records: z.number().int().min(0).max(2_147_483_647),
      bytes: z.number().int().min(0).max(Number.MAX_SAFE_INTEGER),
      oldestMs: z.number().int().min(0).max(31_536_000_000),
    })
    .optional(),
})
/** Down: does that route's endpoint answer? The site server asks it (ping) and says `via-alive` if it did: a laptop that left without a word must not be taken for a second copy (R10). */
export const ViaAskFrame = z.object({ kind: z.literal('via-ask'), route: z.number().int().min(1).max(1_000_000) })
export const ViaAliveFrame = z.object({ kind: z.literal('via-alive'), route: z.number().int().min(1).max(1_000_000) })
/**
 * Up, after the welcome and on change: where this site server listens for its endpoints. They stand in install commands that people paste, hence the narrow shape.
 * `problem`: text key below `site-problem.`; null: none.
 */
export const SiteUrl = z.string().regex(/^https:\/\/(\[[0-9a-f:]{2,39}\]|[A-Za-z0-9.-]{1,253}):\d{1,5}$/)
export const ViaSiteFrame = z.object({
  kind: z.literal('via-site'),
  urls: z.array(SiteUrl).max(50),
  caFingerprint: z.string().regex(/^[0-9a-f]{64}$/),
  problem: z.string().max(60).nullable(),
})
/** R18: endpoints that one site server carries at once. */
export const maxRoutes = 2_000

// ---- the same frames over HTTPS long polling -----------------------------------------------------------------

/** A connection is by one of them; nothing of what is said differs. */
export const carriers = ['websocket', 'polling'] as const
export type Carrier = (typeof carriers)[number]

/**
 * Where a WebSocket can't be had, a line carries the frames (AGT-2): POST `linePath` opens one, `/up` says frames, `/down` waits for some. The line's name is 256 random bits in `authorization: Bearer`,
 * known to whom opened it; who speaks on it is said by the hello, as on a WebSocket. Requests may be repeated when an answer was lost: each has a number, and what was taken is not taken again. A line that
 * the server does not know (any more) is closed, and the agent opens another, with a hello.
 */
export const linePath = '/agent/v1/line'
export const lineLimits = {
  /** A question is held so long when there is nothing to say: below the minute after which proxies cut what is silent, and often enough to be a sign of life. */
  holdMs: 25_000,
  /** Body of a request or an answer: a frame of full size, and what is around it. */
  bodyBytes: channelLimits.frameBytes + 4_096,
  /** Before the hello was accepted. */
  greetingBytes: 65_536,
} as const
export const LineReply = z.object({ line: Bytes(64), holdMs: z.number().int().min(1) })
/** `number`: 1, 2 ...; the last one again, empty or not, waits until more may be said. `isEnd`: the agent closes the line. */
export const LineUp = z.object({ number: z.number().int().min(1), frames: z.array(z.unknown()).max(2_000), isEnd: z.boolean().optional() })
/** `isFull`: taken, but nothing more may be said yet: ask with the same number. `closed`: the line's end, as a WebSocket's close code; null: it is open. */
export const LineUpReply = z.object({ isFull: z.boolean(), closed: z.number().int().nullable() })
/**
 * `after`: all up to this number was heard. `alive`: answers the server's last question whether anybody is there. A sign of life, hence the time. `holdMs`: to be held no longer, where something on the way
 * cuts earlier.
 */
export const LineDown = z.object({
  after: z.number().int().min(0),
  at: Instant,
  alive: z.number().int().nullable(),
  holdMs: z.number().int().min(1).optional(),
})
/** Frames `last - frames.length + 1` to `last`. `ask`: is anybody there? Said at once with the next question (`alive`); null: nobody asks. */
export const LineDownReply = z.object({
  last: z.number().int().min(0),
  frames: z.array(z.unknown()),
  ask: z.number().int().nullable(),
  closed: z.number().int().nullable(),
})
/** Close code of a line that is not there (any more). */
export const lineUnknown = 4_404

export const UpFrame = z.discriminatedUnion('kind', [HelloFrame, BatchFrame, BeatFrame, ByeFrame])
export const DownFrame = z.discriminatedUnion('kind', [
  ChallengeFrame,
  WelcomeFrame,
  AckFrame,
  NackFrame,
  CommandFrame,
  SwitchFrame,
  ProblemFrame,
])
/** What a site server's connection carries besides its own frames (AGT-8). */
export const ViaUpFrame = z.discriminatedUnion('kind', [ViaFrame, ViaEndFrame, ViaOpenFrame, ViaBeatsFrame, ViaAliveFrame, ViaSiteFrame])
export const ViaDownFrame = z.discriminatedUnion('kind', [ViaFrame, ViaEndFrame, ViaAskFrame])
export type ViaUpFrame = z.infer<typeof ViaUpFrame>
export type ViaDownFrame = z.infer<typeof ViaDownFrame>
export type UpFrame = z.infer<typeof UpFrame>
export type DownFrame = z.infer<typeof DownFrame>

/** The text an order's signature covers. */
export const commandPrefix = 'vigie command 1\n'
