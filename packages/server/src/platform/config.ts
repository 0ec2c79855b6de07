import { hostname, networkInterfaces } from 'node:os'
import { isIP } from 'node:net'
import path from 'node:path'
import { parseArgs } from 'node:util'
import * as z from 'zod'
import { StartError } from './start-error.ts'

export { StartError } from './start-error.ts'

/** What one process does; an installation that grows splits them over several processes (architecture.md §1). */
export const processRoles = ['api', 'agents', 'jobs'] as const
export type ProcessRole = (typeof processRoles)[number]

export interface Config {
  /** Where the console and API listen: plain HTTP, for this machine or a proxy beside it that speaks TLS. 0: a free port. */
  host: string
  port: number
  /** Where agents are heard, with our own TLS. Null: on every address of this machine. */
  agentHost: string | null
  agentPort: number
  /** Absolute. Holds the embedded database, the key file and the console's caches. */
  dataDir: string
  /** Null: the embedded PostgreSQL in `dataDir`. */
  databaseUrl: string | null
  /** Null: mails are kept and read in the console. */
  smtpUrl: string | null
  /** As people type it, without a trailing slash: links in mails. */
  publicUrl: string
  /** As agents reach it: goes into the install command. */
  agentUrl: string
  keyFile: string
  roles: readonly ProcessRole[]
  /** Addresses or networks (`10.0.0.0/8`) whose X-Forwarded-For is believed (R30). */
  trustedProxies: readonly string[]
  logLevel: 'debug' | 'info' | 'warn' | 'error' | 'silent'
  /** The two addresses once the ports are known, for a start with port 0. */
  urls(ports: { port: number; agentPort: number }): { publicUrl: string; agentUrl: string }
}

interface Setting {
  flag: string
  env: string
  help: string
}

const settings = {
  port: { flag: 'port', env: 'VIGIE_PORT', help: 'console and API; 8080' },
  agentPort: { flag: 'agent-port', env: 'VIGIE_AGENT_PORT', help: 'agents, with TLS; 8443' },
  dataDir: { flag: 'data', env: 'VIGIE_DATA', help: 'data folder; var/' },
  databaseUrl: { flag: 'database-url', env: 'DATABASE_URL', help: 'PostgreSQL 15 or newer instead of the embedded one' },
  smtpUrl: { flag: 'smtp-url', env: 'VIGIE_SMTP_URL', help: 'smtp://user:password@host:587 or smtps://; none: mails stay in the outbox' },
  publicUrl: { flag: 'public-url', env: 'VIGIE_PUBLIC_URL', help: "the console's address as people type it" },
  agentUrl: { flag: 'agent-url', env: 'VIGIE_AGENT_URL', help: 'the address agents are given' },
  keyFile: { flag: 'key-file', env: 'VIGIE_KEY_FILE', help: 'seals the secrets in the database; <data>/key' },
  host: { flag: 'host', env: 'VIGIE_HOST', help: 'address the console listens on; 127.0.0.1' },
  agentHost: { flag: 'agent-host', env: 'VIGIE_AGENT_HOST', help: 'address the agent side listens on; all' },
  roles: { flag: 'roles', env: 'VIGIE_ROLES', help: 'some of api,agents,jobs; all' },
  trustedProxies: {
    flag: 'trusted-proxies',
    env: 'VIGIE_TRUSTED_PROXIES',
    help: 'addresses or networks of your own proxies, comma-separated; none',
  },
  logLevel: { flag: 'log-level', env: 'VIGIE_LOG_LEVEL', help: 'debug, info, warn, error, silent; info' },
} as const satisfies Record<string, Setting>
type SettingName = keyof typeof settings
/** Without the `--`; the operator's commands take them too. */
export const settingFlags: readonly string[] = Object.values(settings).map(({ flag }) => flag)

export const usage = [
  'npm start -- [flags]     (each may also stand in the environment; flags win)',
  ...Object.values(settings).map(({ flag, env, help }) => `  --${flag.padEnd(16)} ${env.padEnd(22)} ${help}`),
].join('\n')

const repositoryRoot = path.resolve(import.meta.dirname, '../../../..')

const port = z
  .string()
  .regex(/^\d{1,5}$/)
  .transform(Number)
  .pipe(z.number().max(65_535))
const origin = (schemes: RegExp) =>
  z
    .url({ protocol: schemes })
    .refine((text) => {
      const url = new URL(text)
      return url.pathname === '/' && !url.search && !url.hash && !url.username && !url.password
    })
    .transform((text) => new URL(text).origin)
const address = z.string().refine((text) => isIP(text) !== 0 || /^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$/i.test(text))
const listOf = <T extends z.ZodType<unknown, string>>(one: T) =>
  z
    .string()
    .transform((text) =>
      text
        .split(',')
        .map((part) => part.trim())
        .filter(Boolean),
    )
    .pipe(z.array(one))

/** Each with the words that finish "<name> must be ...". */
const shapes = {
  port: [port, 'a port from 0 to 65535'],
  agentPort: [port, 'a port from 0 to 65535'],
  dataDir: [z.string(), 'a folder'],
  databaseUrl: [
    z
      .string()
      .regex(/^postgres(ql)?:\/\/[^/]*\/[^/?]+/)
      .refine(verifiesTls),
    'a PostgreSQL address such as postgresql://user:password@host/vigie, and may not switch the check of the certificate off (use sslmode=verify-full with sslrootcert)',
  ],
  smtpUrl: [
    z.url({ protocol: /^smtps?$/ }).refine(verifiesTls),
    'an address such as smtp://user:password@host:587, and may not switch the check of the certificate off',
  ],
  publicUrl: [origin(/^https?$/), 'an http or https address without a path'],
  agentUrl: [origin(/^https$/), 'an https address without a path'],
  keyFile: [z.string(), 'a file'],
  host: [address, 'an address or a host name'],
  agentHost: [address, 'an address or a host name'],
  roles: [listOf(z.enum(processRoles)).refine((list) => list.length > 0), `some of ${processRoles.join(',')}`],
  trustedProxies: [listOf(z.string().refine(isNetwork)), 'addresses or networks such as 10.0.0.0/8, separated by commas'],
  logLevel: [z.enum(['debug', 'info', 'warn', 'error', 'silent']), 'one of debug, info, warn, error, silent'],
} as const satisfies Record<SettingName, readonly [z.ZodType, string]>

/** @throws StartError `bad-setting`, one sentence that names the flag or variable as the person gave it (a value that may hold a password is not repeated). */
export function readConfig(argv: readonly string[], env: Readonly<Record<string, string | undefined>>): Config {
  const flags = readFlags(argv)
  const read = <N extends SettingName>(name: N): z.output<(typeof shapes)[N][0]> | undefined => {
    const { flag, env: variable } = settings[name]
    const fromFlag = flags[flag]
    const given = fromFlag ?? (env[variable] === '' ? undefined : env[variable])
    if (given === undefined) return undefined
    const [shape, words] = shapes[name]
    const result = shape.safeParse(given)
    if (result.success && given !== '') return result.data as z.output<(typeof shapes)[N][0]>
    const shown = name === 'databaseUrl' || name === 'smtpUrl' ? '' : `, not "${given}"`
    throw new StartError('bad-setting', `${fromFlag === undefined ? variable : `--${flag}`} must be ${words}${shown}.`)
  }

  const dataDir = path.resolve(read('dataDir') ?? path.join(repositoryRoot, 'var'))
  const host = read('host') ?? '127.0.0.1'
  const [consolePort, agentPort] = [read('port') ?? 8080, read('agentPort') ?? 8443]
  if (consolePort === agentPort && consolePort !== 0) {
    throw new StartError('bad-setting', `The console and the agents need a port each, and both were given ${consolePort}.`)
  }
  const [givenPublicUrl, givenAgentUrl] = [read('publicUrl'), read('agentUrl')]
  const urls: Config['urls'] = (ports) => ({
    publicUrl: givenPublicUrl ?? `http://${inUrl(isEverywhere(host) ? hostname() : host)}:${ports.port}`,
    agentUrl:
      givenAgentUrl ?? `https://${inUrl(givenPublicUrl ? new URL(givenPublicUrl).hostname : addressForAgents(host))}:${ports.agentPort}`,
  })
  return {
    host,
    port: consolePort,
    agentHost: read('agentHost') ?? null,
    agentPort,
    dataDir,
    databaseUrl: read('databaseUrl') ?? null,
    smtpUrl: read('smtpUrl') ?? null,
    keyFile: path.resolve(read('keyFile') ?? path.join(dataDir, 'key')),
    roles: read('roles') ?? processRoles,
    trustedProxies: read('trustedProxies') ?? [],
    logLevel: read('logLevel') ?? 'info',
    urls,
    ...urls({ port: consolePort, agentPort }),
  }
}

function readFlags(argv: readonly string[]): Record<string, string | undefined> {
  const options = Object.fromEntries(Object.values(settings).map(({ flag }) => [flag, { type: 'string' as const }]))
  try {
    return parseArgs({ args: [...argv], options, strict: true, allowPositionals: false }).values
  } catch (error) {
    const sentence = error instanceof Error ? error.message.split('. ')[0] : String(error)
    throw new StartError(
      'bad-setting',
      `${sentence}. The flags are ${Object.keys(options)
        .map((flag) => `--${flag}`)
        .join(', ')}.`,
      { cause: error },
    )
  }
}

/** R29: neither of the two libraries' words for "do not check the certificate". */
function verifiesTls(text: string): boolean {
  const query = new URLSearchParams(text.split('?')[1]) // no `URL`: it refuses user@ without a host, as an address over a Unix socket has
  const isOff = (name: string) => ['0', 'false', 'no'].includes(query.get(name)?.toLowerCase() ?? '')
  return (
    query.get('sslmode') !== 'no-verify' && !query.has('uselibpqcompat') && !isOff('rejectUnauthorized') && !isOff('tls.rejectUnauthorized')
  )
}

function isNetwork(text: string): boolean {
  const [ip = '', prefix, ...rest] = text.split('/')
  const bits = isIP(ip) === 4 ? 32 : 128
  return isIP(ip) !== 0 && rest.length === 0 && (prefix === undefined || (/^\d{1,3}$/.test(prefix) && Number(prefix) <= bits))
}

function isEverywhere(host: string): boolean {
  return host === '0.0.0.0' || host === '::'
}

function inUrl(host: string): string {
  return isIP(host) === 6 ? `[${host}]` : host
}

/**
 * The console listens on loopback by default, but an agent's install command is pasted on another machine: so it names this machine's first address
 * on a real network. Not stable where addresses change: then the operator sets VIGIE_PUBLIC_URL or VIGIE_AGENT_URL.
 */
function addressForAgents(host: string): string {
  if (!isEverywhere(host) && host !== '127.0.0.1' && host !== '::1' && host !== 'localhost') return host
  const isVirtual = /^(docker|br-|veth|virbr|cni|flannel|tun|tap|wg|tailscale|zt)/
  const found = Object.entries(networkInterfaces())
    .filter(([name]) => !isVirtual.test(name))
    .flatMap(([, addresses]) => addresses ?? [])
    .find(({ family, internal }) => family === 'IPv4' && !internal)
  return found?.address ?? '127.0.0.1'
}
