import { EnrolReply, forkText, protocolVersion, type ForkRequest } from '@vigie/domain/agents'
import { agentVersion } from '../version.ts'
import { privateFolder, readText, writeAtomically } from './files.ts'
import { ConnectionError, fetchPinnedCa, fingerprintOf, normalFingerprint, parseCertificate, postJson } from './https.ts'
import { IdentityStore, signText, type Identity } from './identity.ts'
import type { Proxy } from './proxy.ts'
import { pinRoot } from './release-trust.ts'
import { machineFacts, thisMachine, type MachineSources } from './machine.ts'

export interface EnrolOptions {
  stateFolder: string
  /** `https://host:port` */
  server: string
  guid: string
  /** One-use; or the customer's registration credentials in its place (CUS-6), which are nowhere kept. */
  key: string | { userName: string; password: string }
  /** SHA-256 of the CA's certificate, hex. */
  caSha256: string
  machine?: MachineSources
  /** `server` is a site server (AGT-8): it passes on what it is told, so what is to be trusted behind it comes with the install command. */
  site?: { commandKey: string; caSha256: string } | null
  proxy?: Proxy | null
  /** An administrator said that this machine belongs to another installation from now on: also whose releases are believed (R17). */
  isReplacing?: boolean
}

/**
 * Registers this installation (R9). May be repeated: until the answer is on disk the same key pair is sent, so an answer that got lost is given again.
 * @throws Problem `agent.key-wrong` and its like; ConnectionError
 */
export async function enrol(options: EnrolOptions): Promise<Identity> {
  await privateFolder(options.stateFolder)
  const store = new IdentityStore(options.stateFolder)
  const ca = await fetchPinnedCa(options.server, options.caSha256, options.proxy)
  await writeAtomically(store.caPath(), ca)
  const pair = await store.attempt(`enrol ${options.server} ${options.guid}`)
  const machine = await machineFacts(null, options.machine ?? thisMachine)
  const secret = typeof options.key === 'string' ? { key: options.key } : { credentials: options.key }
  const request = { guid: options.guid, ...secret, publicKey: pair.publicKey, agentVersion, protocol: protocolVersion, machine }
  const reply = checked(await postJson(options.server, '/agent/v1/enrol', ca, request, options.proxy))
  const identity: Identity = {
    privateKey: pair.privateKey,
    publicKey: pair.publicKey,
    guid: options.guid,
    server: options.server,
    anchorHostname: machine.hostname,
    isUnregistered: false,
    ...wayOf(options.server, reply, options.site ?? null),
    agentId: reply.agentId,
    commandKey: reply.commandKey,
    product: reply.product,
    isSiteServer: reply.isSiteServer ?? false,
  }
  if (reply.releaseRoot !== undefined) await pinRoot(options.stateFolder, reply.releaseRoot, new Date(), options.isReplacing ?? false)
  await store.save(identity)
  return identity
}

/**
 * Where the channel is. Behind a site server the answer's command key and certificate are believed only as far as the install command names them: a hostile site
 * server must not become the one who signs commands (R14). @throws ConnectionError `ca-differs`
 */
function wayOf(server: string, reply: EnrolReply, site: (EnrolOptions['site'] & object) | null): Pick<Identity, 'channel' | 'direct'> {
  if (site === null) return { channel: reply.channel, direct: null }
  if (reply.commandKey !== site.commandKey) throw new ConnectionError('ca-differs')
  const certificate = reply.ca === undefined ? null : parseCertificate(reply.ca)
  if (certificate === null || fingerprintOf(certificate) !== normalFingerprint(site.caSha256)) throw new ConnectionError('ca-differs')
  return {
    channel: new URL('/agent/v1/channel', server.replace(/^https:/, 'wss:')).href,
    direct: { channel: reply.channel, ca: certificate.toString() },
  }
}

/**
 * Takes an identity of its own, after the server found that ours is used twice (R10, AGT-9). Signed with the shared key; the host's present name anchors the
 * new one. Repeats like `enrol`.
 */
export async function fork(
  stateFolder: string,
  shared: Identity,
  now: Date,
  sources: MachineSources = thisMachine,
  proxy: Proxy | null = null,
): Promise<Identity> {
  const store = new IdentityStore(stateFolder)
  const pair = await store.attempt(`fork ${shared.agentId}`)
  const machine = await machineFacts(null, sources)
  const unsigned: Omit<ForkRequest, 'signature'> = {
    agentId: shared.agentId,
    publicKey: pair.publicKey,
    machine,
    agentVersion,
    at: now.toISOString(),
  }
  const signature = signText(shared.privateKey, forkText(unsigned))
  const reply = checked(await ask(stateFolder, shared, { ...unsigned, signature }, proxy))
  if (reply.commandKey !== shared.commandKey) throw new ConnectionError('answer-invalid') // whoever passes the answer on does not change who signs commands
  const { privateKey, publicKey } = pair
  const identity: Identity = {
    ...shared,
    privateKey,
    publicKey,
    anchorHostname: machine.hostname,
    isUnregistered: false,
    agentId: reply.agentId,
    product: reply.product,
    isSiteServer: reply.isSiteServer ?? false,
    channel: shared.direct ? shared.channel : reply.channel,
  }
  await store.save(identity)
  return identity
}

/** Through the site server where there is one, directly where it is away. */
async function ask(stateFolder: string, { server, direct }: Identity, request: ForkRequest, proxy: Proxy | null): Promise<unknown> {
  const near = postJson(server, '/agent/v1/fork', await trustedCa(stateFolder), request, direct ? null : proxy)
  if (!direct) return await near
  return await near.catch((error: unknown) => {
    if (!(error instanceof ConnectionError)) throw error
    return postJson(new URL(direct.channel.replace(/^wss:/, 'https:')).origin, '/agent/v1/fork', direct.ca, request, proxy)
  })
}

/** @throws when it is missing: an identity without its CA can't be used. */
export async function trustedCa(stateFolder: string): Promise<string> {
  const ca = await readText(new IdentityStore(stateFolder).caPath())
  if (ca === null) throw new ConnectionError('tls-not-trusted')
  return ca
}

function checked(reply: unknown): EnrolReply {
  const parsed = EnrolReply.safeParse(reply)
  if (!parsed.success || !parsed.data.channel.startsWith('wss://')) throw new ConnectionError('answer-invalid', parsed.error)
  return parsed.data
}
